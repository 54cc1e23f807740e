// What stands between convolutions, on images that arrive channels last: against the reference, on each target.
#include <gtest/gtest.h>

#include "backends/simd/each_target.h"
#include "backends/simd/layouts.h"
#include "ops/adaptive_avg_pool2d.h"
#include "ops/adaptive_avg_pool2d_backward.h"
#include "ops/avg_pool2d_backward.h"
#include "ops/max_pool2d.h"
#include "ops/max_pool2d_backward.h"
#include "ops/pool_geometry.h"
#include "ops/reshape.h"
#include "ops/sum.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho::simd {
namespace {

using namespace support;

TensorType bytes(Shape shape) { return {DType::uint8, shape}; }

/// Offers the chain in two slices, its images channels last; compares with the reference in double. `index`, where it
/// is given, becomes the integer input. Only the first `results` of the chain leave it.
void expect_image_agreement(const std::vector<TensorType>& inputs, const std::vector<Step>& steps,
                            const std::function<int(int64_t)>& index = nullptr, size_t results = 2) {
  Chain chain = make_chain(inputs, steps, 0);
  ASSERT_EQ(chain.refusal, "");
  chain.outputs.resize(std::min(chain.outputs.size(), results));
  const std::vector<Slice> slices = even_slices(chain.rows, 2);
  Group group = chain.group(slices[0]);
  SCOPED_TRACE(text_of(target_in_use(), ": ", to_string(group), ", ", inputs[0].shape));
  for (int operand : group.inputs)
    if (may_be_nhwc(group.operands[size_t(operand)])) group.operands[size_t(operand)].layout = nhwc_layout();
  const Backend& backend = backend_named("simd");
  OfferResult result = backend.offer(group, {this_cpu(), ""});
  ASSERT_TRUE(std::holds_alternative<Offer>(result)) << std::get<Refusal>(result).reason;
  const Sample sample{{inputs.begin(), inputs.end()}, {}, {}};
  std::vector<Tensor> narrow = filled_inputs(sample, DType::float32, 1),
                      wide = filled_inputs(sample, DType::float64, 1);
  for (std::vector<Tensor>* tensors : {&narrow, &wide})
    for (Tensor& tensor : *tensors)
      if (index && !is_floating(tensor.dtype()))
        for (int64_t i = 0; i < tensor.elements(); ++i) {
          if (tensor.dtype() == DType::uint8) tensor.as<uint8_t>()[i] = uint8_t(index(i));
          else tensor.as<int32_t>()[i] = index(i);
        }
  const std::vector<Tensor> expected = run_members(chain, wide);
  const std::vector<Tensor> actual = run_offer(backend, std::get<Offer>(result), chain, narrow, slices, 2, 0xFF);
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t j = 0; j < expected.size(); ++j)
    EXPECT_LE(relative_difference(actual[j], expected[j]), is_floating(expected[j].dtype()) ? 1e-6 : 0)
        << "output " << j;
}

class SimdImages : public EachTarget {};

/// One vector of each kind, tails, several vectors side by side and what is left behind them.
constexpr int64_t kChannels[] = {1, 2, 3, 5, 16, 17, 21, 31, 64, 70, 79};

TEST_P(SimdImages, Elementwise) {
  for (int64_t channels : kChannels) {
    const TensorType x = f32({5, channels, 3, 4});
    expect_image_agreement({x}, {{&op_named("relu"), {}, {0}}});
    expect_image_agreement({x, x}, {{&op_named("relu_backward"), {}, {0, 1}}});
    expect_image_agreement({x, x}, {{&op_named("add"), {}, {0, 1}}});
  }
}

TEST_P(SimdImages, Pooling) {
  for (int64_t channels : kChannels)
    for (const MaxPool2dAttributes& attributes :
         {MaxPool2dAttributes{}, MaxPool2dAttributes{{3, 2}, {2, 1}, {1, 1, 1, 0}, false},
          MaxPool2dAttributes{{3, 3}, {2, 2}, {0, 0, 0, 0}, true}, MaxPool2dAttributes{{3, 3}, {1, 1}, {1, 1, 1, 1}},
          MaxPool2dAttributes{{2, 2}, {1, 1}}, MaxPool2dAttributes{{4, 4}, {2, 1}, {2, 3, 1, 0}}})
      for (const size_t results : {2, 1})  // without the places of the maxima too
        expect_image_agreement({f32({5, channels, 6, 5})}, {{&op_named("max_pool2d"), attributes, {0}}}, nullptr,
                               results);
}

TEST_P(SimdImages, PoolingOfLargeWindows) {
  const MaxPool2dAttributes large{{20, 13}, {1, 1}};
  ASSERT_EQ(max_pool2d_index(large), DType::int32);
  for (int64_t channels : {3, 21}) {
    expect_image_agreement({f32({3, channels, 21, 14})}, {{&op_named("max_pool2d"), large, {0}}});
    const Shape pooled{3, channels, 2, 2};
    expect_image_agreement({f32(pooled), {DType::int32, pooled}},
                           {{&op_named("max_pool2d_backward"), MaxPool2dBackwardAttributes{large, {21, 14}}, {0, 1}}},
                           [](int64_t i) { return int(i * 37 % 260); });
  }
}

/// Windows side by side, of which a last row or column belongs to none; overlapping, apart, over padding.
TEST_P(SimdImages, PoolingBackward) {
  for (int64_t channels : kChannels)
    for (const MaxPool2dAttributes& pool :
         {MaxPool2dAttributes{}, MaxPool2dAttributes{{3, 3}, {2, 2}, {1, 1, 1, 1}},
          MaxPool2dAttributes{{3, 2}, {1, 3}, {0, 0, 2, 0}, true}, MaxPool2dAttributes{{2, 2}, {2, 2}, {1, 1, 1, 1}},
          MaxPool2dAttributes{{3, 3}, {1, 1}, {1, 1, 1, 1}}, MaxPool2dAttributes{{2, 2}, {1, 1}}})
      for (const auto& [height, width] : {std::pair<int64_t, int64_t>{6, 4}, {7, 5}}) {
        const PoolGeometry g = pool_geometry(pool, {5, channels, height, width});
        const Shape pooled{5, channels, g.rows.out, g.columns.out};
        const auto index = [&](int64_t i) {
          const auto inside = [](const WindowAxis& axis, int64_t window, int64_t any) {
            const int64_t first = std::max<int64_t>(-axis.place(window, 0), 0);
            return first + any % (std::min(axis.kernel, axis.in - axis.place(window, 0)) - first);
          };
          return int(inside(g.rows, i / g.columns.out % g.rows.out, i * 7 / 3) * g.columns.kernel +
                     inside(g.columns, i % g.columns.out, i * 5 / 3));
        };
        const MaxPool2dBackwardAttributes attributes{pool, {height, width}};
        expect_image_agreement({f32(pooled), bytes(pooled)}, {{&op_named("max_pool2d_backward"), attributes, {0, 1}}},
                               index);
        expect_image_agreement(
            {f32(pooled), f32(pooled), bytes(pooled)},
            {{&op_named("relu_backward"), {}, {0, 1}}, {&op_named("max_pool2d_backward"), attributes, {3, 2}}}, index);
      }
}

/// Windows side by side, overlapping, apart, over the padding, of one place, of all.
TEST_P(SimdImages, AveragePooling) {
  for (int64_t channels : kChannels) {
    const TensorType x = f32({5, channels, 6, 5});
    for (const AvgPool2dAttributes& attributes :
         {AvgPool2dAttributes{}, AvgPool2dAttributes{{3, 2}, {1, 3}, {2, 0, 1, 1}, false, false},
          AvgPool2dAttributes{{3, 2}, {2, 2}, {0, 1, 0, 0}, true}, AvgPool2dAttributes{{1, 1}, {3, 2}},
          AvgPool2dAttributes{{6, 5}, {1, 1}}, AvgPool2dAttributes{{3, 3}, {2, 2}, {1, 1, 1, 1}},
          AvgPool2dAttributes{{3, 3}, {1, 1}, {1, 1, 1, 1}}, AvgPool2dAttributes{{2, 2}, {1, 1}}}) {
      expect_image_agreement({x}, {{&op_named("avg_pool2d"), attributes, {0}}});
      const PoolGeometry g = pool_geometry(attributes, x.shape);
      expect_image_agreement(
          {f32({5, channels, g.rows.out, g.columns.out})},
          {{&op_named("avg_pool2d_backward"), AvgPool2dBackwardAttributes{attributes, {6, 5}}, {0}}});
    }
    expect_image_agreement({x}, {{&op_named("adaptive_avg_pool2d"), AdaptiveAvgPool2dAttributes{{4, 3}}, {0}}});
    expect_image_agreement(
        {f32({5, channels, 4, 3})},
        {{&op_named("adaptive_avg_pool2d_backward"), AdaptiveAvgPool2dBackwardAttributes{{6, 5}}, {0}}});
  }
}

TEST_P(SimdImages, RefusesAPlaceOutsideOfItsWindowOrOnPadding) {
  const auto unpool = [](const MaxPool2dAttributes& pool, int64_t size, int place) {
    const Shape pooled{2, 8, 2, 2};
    expect_image_agreement(
        {f32(pooled), bytes(pooled)},
        {{&op_named("max_pool2d_backward"), MaxPool2dBackwardAttributes{pool, {size, size}}, {0, 1}}},
        [place](int64_t) { return place; });
  };
  EXPECT_THROW(unpool({}, 4, 4), Error);
  const MaxPool2dAttributes padded{{3, 3}, {2, 2}, {1, 1, 1, 1}};
  EXPECT_NO_THROW(unpool(padded, 4, 4));
  EXPECT_THROW(unpool(padded, 4, 9), Error);
  EXPECT_THROW(unpool(padded, 4, 0), Error);
}

TEST_P(SimdImages, BiasGradientAndReshape) {
  for (int64_t channels : kChannels) {
    expect_image_agreement({f32({5, channels, 3, 4})}, {{&op_named("sum"), ReductionAttributes{{0, 2, 3}}, {0}}});
    // Behind a gate, an unpooling, both: no gradient of the image's size is stored.
    const TensorType dy = f32({5, channels, 3, 4});
    const Step gate{&op_named("relu_backward"), {}, {0, 1}};
    const auto unpool = [](int from, int index) {
      return Step{&op_named("max_pool2d_backward"), MaxPool2dBackwardAttributes{{}, {7, 8}}, {from, index}};
    };
    const auto sum = [](int from) { return Step{&op_named("sum"), ReductionAttributes{{0, 2, 3}}, {from}}; };
    const auto index = [](int64_t i) { return int(i * 7 % 4); };
    expect_image_agreement({dy, dy}, {gate, sum(2)});
    expect_image_agreement({dy, bytes(dy.shape)}, {unpool(0, 1), sum(2)}, index);
    expect_image_agreement({dy, dy, bytes(dy.shape)}, {gate, unpool(3, 2), sum(4)}, index);
    expect_image_agreement({f32({5, channels, 3, 4})},
                           {{&op_named("reshape"), ReshapeAttributes{{5, channels * 12}}, {0}}});
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdImages, testing::ValuesIn(available_targets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tacho::simd
