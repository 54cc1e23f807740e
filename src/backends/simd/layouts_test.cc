#include "backends/simd/layouts.h"

#include <gtest/gtest.h>

#include "backends/simd/targets.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho::simd {
namespace {

using namespace support;

void convert(const Kernel& kernel, const Tensor& from, const Tensor& to) {
  const View in[] = {from.view()}, out[] = {to.view()};
  kernel.run({in, out, {}, nullptr, {}});
}

/// Any bytes will do: a transposition computes nothing.
Tensor some_bytes(const TensorType& type) {
  Tensor x(type);
  uint8_t* bytes = static_cast<uint8_t*>(x.view().data);
  for (int64_t i = 0; i < x.bytes(); ++i) bytes[i] = uint8_t(i * 37 + i / 251);
  return x;
}

TEST(SimdLayouts, ChannelsLastAndBack) {
  const std::string before = target_in_use();
  for (const std::string& target : available_targets()) {
    force_target(target);
    for (const DType dtype : {DType::float32, DType::float64, DType::int32, DType::uint8, DType::boolean})
      for (const Shape& shape : std::vector<Shape>{{2, 3, 5, 7},
                                                   {1, 64, 14, 14},
                                                   {3, 17, 4, 8},
                                                   {1, 1, 9, 9},
                                                   {2, 31, 1, 1},
                                                   {1, 16, 1, 16},
                                                   {0, 3, 2, 2},
                                                   {2, 0, 2, 2},
                                                   {1, 130, 9, 15}}) {
        const TensorType type{dtype, shape};
        SCOPED_TRACE(text_of(target, ", ", to_string(type)));
        const auto there = make_reorder_kernel(type, {}, nhwc_layout()),
                   back = make_reorder_kernel(type, nhwc_layout(), {});
        ASSERT_TRUE(there && back);
        const Tensor x = some_bytes(type);
        const Guarded middle(type, 0xFF), again(type, 0xFF);
        convert(*there, x, middle.tensor);
        convert(*back, middle.tensor, again.tensor);
        EXPECT_TRUE(middle.intact() && again.intact());
        EXPECT_TRUE(same_bits(x, again.tensor));
        const size_t size = size_of(dtype);
        const auto* from = static_cast<const uint8_t*>(x.view().data);
        const auto* to = static_cast<const uint8_t*>(middle.tensor.view().data);
        const int64_t pixels = shape[2] * shape[3];
        for (int64_t n = 0; n < shape[0]; ++n)
          for (int64_t c = 0; c < shape[1]; ++c)
            for (int64_t p = 0; p < pixels; ++p)
              ASSERT_TRUE(std::equal(from + size_t((n * shape[1] + c) * pixels + p) * size,
                                     from + size_t((n * shape[1] + c) * pixels + p + 1) * size,
                                     to + size_t((n * pixels + p) * shape[1] + c) * size));
      }
  }
  force_target(before);
}

TEST(SimdLayouts, OnlyItsOwn) {
  const TensorType image{DType::float32, {2, 3, 4, 5}};
  EXPECT_EQ(to_string(nhwc_layout()), "permuted(0,2,3,1)");
  EXPECT_EQ(make_reorder_kernel(image, {}, {}), nullptr);
  EXPECT_EQ(make_reorder_kernel(image, nhwc_layout(), nhwc_layout()), nullptr);
  EXPECT_EQ(make_reorder_kernel({DType::float32, {3, 4}}, {}, nhwc_layout()), nullptr);
  EXPECT_TRUE(may_be_nhwc({image, SliceState::Sliced(0), {}}));
  EXPECT_FALSE(may_be_nhwc({image, SliceState::Whole(), {}}));
}

}  // namespace
}  // namespace tacho::simd
