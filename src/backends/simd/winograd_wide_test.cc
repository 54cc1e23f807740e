// Winograd's F(2x2, 5x5) against the double reference: extents, channels and images with every kind of tail, on each
// target.
#include "backends/simd/winograd_wide.h"

#include <gtest/gtest.h>

#include <random>

#include "backends/simd/each_target.h"
#include "backends/simd/layouts.h"
#include "tests/support/convolutions.h"

namespace tacho::simd {
namespace {

using namespace support;

class SimdWinogradWide : public EachTarget {};

/// Forward with a bias and an activation, and the images' gradient.
void check_wide(const ConvolutionCase& c, const char* activation, Bounds* worst) {
  const ConvGeometry g = c.geometry();
  SCOPED_TRACE(text_of(target_in_use(), ": ", g.image_shape(), " by ", g.filter_shape(), "; ",
                       to_string(Attributes(c.attributes))));
  const TensorType x = f32(c.x), w = f32(c.w), y = f32(g.output_shape());
  const Ran forward = run_convolution({x, w, f32({g.k})},
                                      {{&op_named("conv2d"), c.attributes, {0, 1}},
                                       {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}},
                                       {&op_named(activation), {}, {4}}},
                                      "winograd");
  const Attributes data = Conv2dBackwardDataAttributes{c.attributes, {g.rows.in, g.columns.in}};
  const Ran to_images = run_convolution({y, w}, {{&op_named("conv2d_backward_data"), data, {0, 1}}}, "winograd");
  for (const Ran* ran : {&forward, &to_images}) {
    ASSERT_EQ(ran->refusal, "");
    ASSERT_EQ(ran->reason.rfind("F(2x2,5x5) for ", 0), 0u) << ran->reason;
    const double error = relative_error(*ran, double((ran == &forward ? g.c : g.k) * g.taps()));
    EXPECT_LE(error, 1e-5) << ran->name;
    worst->images = std::max(worst->images, error);
  }
}

TEST_P(SimdWinogradWide, OfRandomShapes) {
  std::mt19937 random(1);
  const auto from = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  Bounds worst{0, 0};
  for (int i = 0; i < 12; ++i) {
    ConvolutionCase c;
    c.attributes.padding = {from(0, 4), from(0, 4), from(0, 4), from(0, 4)};
    c.x = {from(1, 70), from(1, 9), from(5, 13), from(5, 13)};
    c.w = {from(1, 18), c.x[1], 5, 5};
    check_wide(c, i % 2 == 0 ? "relu" : "tanh", &worst);
  }
  std::cout << GetParam() << ": largest error " << worst.images << "\n";
}

TEST_P(SimdWinogradWide, OfLenet) {
  Bounds worst{0, 0};
  check_wide({{64, 6, 14, 14}, {16, 6, 5, 5}, {}}, "tanh", &worst);
  check_wide({{64, 6, 14, 14}, {16, 6, 5, 5}, {}}, "relu", &worst);
  std::cout << GetParam() << ": largest error " << worst.images << "\n";
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdWinogradWide, testing::ValuesIn(available_targets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tacho::simd
