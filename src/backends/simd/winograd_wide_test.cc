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

/// Forward with a bias and an activation, and both gradients.
void check_wide(const ConvolutionCase& c, const char* activation, Bounds* worst) {
  const ConvGeometry g = c.geometry();
  SCOPED_TRACE(text_of(target_in_use(), ": ", g.image_shape(), " by ", g.filter_shape(), "; ",
                       to_string(Attributes(c.attributes))));
  const TensorType x = f32(c.x), w = f32(c.w), y = f32(g.output_shape());
  const std::vector<Step> steps{{&op_named("conv2d"), c.attributes, {0, 1}},
                                {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}},
                                {&op_named(activation), {}, {4}}};
  const Ran forward = run_convolution({x, w, f32({g.k})}, steps, "winograd");
  // As one example is, where the call is divided over threads: run_offer compares the parts' bits with the whole's.
  const Ran in_parts = run_convolution({x, w, f32({g.k})}, steps, "winograd", this_cpu(), false, true);
  const Attributes data = Conv2dBackwardDataAttributes{c.attributes, {g.rows.in, g.columns.in}};
  const Ran to_images = run_convolution({y, w}, {{&op_named("conv2d_backward_data"), data, {0, 1}}}, "winograd");
  const Attributes weights = Conv2dBackwardWeightsAttributes{c.attributes, {5, 5}};
  const std::vector<Step> filters{{&op_named("conv2d_backward_weights"), weights, {0, 1}}};
  const Ran to_filters = run_convolution({y, x}, filters, "winograd");
  const Ran whole = run_convolution({y, x}, filters, "winograd", this_cpu(), false, true);
  const auto check = [&](const Ran& ran, double terms, double* largest) {
    ASSERT_EQ(ran.refusal, "");
    ASSERT_EQ(ran.reason.rfind("F(2x2,5x5) for ", 0), 0u) << ran.reason;
    const double error = relative_error(ran, terms);
    EXPECT_LE(error, 1e-5) << ran.name;
    *largest = std::max(*largest, error);
  };
  for (const Ran* ran : {&forward, &in_parts}) check(*ran, double(g.c * g.taps()), &worst->images);
  check(to_images, double(g.k * g.taps()), &worst->images);
  for (const Ran* ran : {&to_filters, &whole}) check(*ran, double(g.n * g.places()), &worst->filters);
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
  std::cout << GetParam() << ": largest errors " << worst.images << " (images), " << worst.filters << " (filters)\n";
}

TEST_P(SimdWinogradWide, OfLenet) {
  Bounds worst{0, 0};
  check_wide({{64, 6, 14, 14}, {16, 6, 5, 5}, {}}, "tanh", &worst);
  check_wide({{64, 6, 14, 14}, {16, 6, 5, 5}, {}}, "relu", &worst);
  std::cout << GetParam() << ": largest errors " << worst.images << " (images), " << worst.filters << " (filters)\n";
}

/// Without being asked for it: forward where filters fill vectors, else where nearly all of a vector's lanes have an
/// image, and there are channels enough.
TEST_P(SimdWinogradWide, TakesWhatFillsItsLanes) {
  const int64_t lanes = wide_spread_routines().lanes;
  const auto takes = [](const Chain& chain, const std::string& algorithm) {
    const OfferResult result = backend_named("simd").offer(chain.group({0, 1, 1}), {this_cpu(), algorithm});
    const auto* offer = std::get_if<Offer>(&result);
    return offer && offer->reason.starts_with("F(2x2,5x5) for ");
  };
  const Conv2dAttributes same{.padding = {2, 2, 2, 2}};
  const auto forward = [&](const Shape& x, int64_t filters, const std::string& algorithm = "") {
    return takes(make_chain({f32(x), f32({filters, x[1], 5, 5})}, {{&op_named("conv2d"), same, {0, 1}}}, -1),
                 algorithm);
  };
  const auto backward = [&](const Shape& y, int64_t channels, const std::string& algorithm = "") {
    const Attributes data = Conv2dBackwardDataAttributes{same, {y[2], y[3]}};
    const Step step{&op_named("conv2d_backward_data"), data, {0, 1}};
    return takes(make_chain({f32(y), f32({y[1], channels, 5, 5})}, {step}, -1), algorithm);
  };
  EXPECT_FALSE(forward({1, 1, 8, 8}, 16));
  EXPECT_TRUE(forward({1, 1, 8, 8}, 16, "winograd"));
  EXPECT_TRUE(forward({1, 2, 8, 8}, 16));
  EXPECT_TRUE(forward({1, 37, 8, 8}, 16));
  EXPECT_FALSE(forward({1, 38, 8, 8}, 16, "winograd"));
  EXPECT_FALSE(forward({1, 2, 8, 8}, 16, "direct"));
  EXPECT_FALSE(forward({1, 2, 8, 8}, 16, std::string(kAccurateWinograd)));
  EXPECT_FALSE(forward({1, 2, 8, 8}, 3));
  EXPECT_FALSE(forward({1, 2, 1, 1}, 16));
  EXPECT_TRUE(backward({lanes, 16, 8, 8}, 6));
  EXPECT_TRUE(backward({4 * lanes - 1, 4, 8, 8}, 4));
  EXPECT_FALSE(backward({lanes, 16, 8, 8}, 6, "direct"));
  EXPECT_FALSE(backward({1, 16, 8, 8}, 6));
  EXPECT_TRUE(backward({1, 16, 8, 8}, 6, "winograd"));
  EXPECT_FALSE(backward({lanes, 16, 8, 8}, 3));
  EXPECT_FALSE(backward({lanes, 64, 64, 64}, 64));
}

/// What follows a convolution whose filters fill vectors: a sum with other images, bounds, and the tiles' own windows
/// pooled (convolution_test.cc, PoolsOnTheWayOut).
TEST_P(SimdWinogradWide, AddsOnTheWayOut) {
  const Conv2dAttributes same{.padding = {2, 2, 2, 2}};
  for (const auto& [x, filters] :
       {std::pair<Shape, int64_t>{{3, 3, 9, 7}, 37}, {{2, 1, 8, 5}, 16}, {{2, 5, 7, 8}, 9}}) {
    const TensorType y = f32({x[0], filters, x[2], x[3]});
    const Ran ran = run_convolution({f32(x), f32({filters, x[1], 5, 5}), f32({filters}), y},
                                    {{&op_named("conv2d"), same, {0, 1}},
                                     {&op_named("bias_add"), BiasAddAttributes{1}, {4, 2}},
                                     {&op_named("add"), {}, {3, 5}},
                                     {&op_named("relu"), {}, {6}}},
                                    "winograd");
    ASSERT_EQ(ran.refusal, "");
    EXPECT_TRUE(ran.reason.starts_with("F(2x2,5x5) for ")) << ran.reason;
    EXPECT_LE(relative_error(ran, double(x[1] * 25)), 1e-5);
  }
}

/// By hand: 10 x 10 results in 25 tiles, whose 5 rows reach 14 columns of the images. Along an axis a transform takes 7
/// mul and 12 add on the way in; of a gradient 5 add in, and out 6 mul and 13 add, with 6 more to what other tiles have
/// for the same places. Forward out 1 and 8 a row; a column's are 2 and 8, since they are summed row by row. Its rows
/// are transformed in whole vectors, at every column up to the last tile's.
TEST_P(SimdWinogradWide, CountsWhatItExecutes) {
  const WideShape s{{14, 14, 6}, {10, 10, 16}};
  const int64_t lanes = wide_spread_routines().lanes;
  const int64_t products = 25 * 36 * 6 * 16, in = (5 * 14 + 25 * 6) * 6;
  const Tally forward = wide_routines().tally(s);
  const int64_t row = (9 * 6 + lanes - 1) / lanes * lanes, forward_in = 5 * (14 * 6 + 6 * row);
  EXPECT_EQ(forward.mul, products + 7 * forward_in + (25 * 6 + 2 * 25 * 2) * 16);
  EXPECT_EQ(forward.add, products + 12 * forward_in + (8 * 25 * 6 + 8 * 25 * 2) * 16);
  // Rows are transformed again for every block of channels: of three with 32 registers, of two with 16.
  const Tally backward = wide_spread_routines().tally(s);
  EXPECT_EQ(backward.mul, products + 6 * in);
  const int64_t again = backward.add - products - 19 * in - 5 * 5 * 10 * 16;
  EXPECT_TRUE(again == 5 * 2 * 25 * 6 * 16 || again == 5 * 3 * 25 * 6 * 16) << again;
  const Tally filters = wide_gradient_routines().tally(s);
  // The filters' makes a tile's rows of points one by one: a column's six take 10 mul and 16 add, a gradient's 6 add.
  const int64_t columns = 5 * 14 * 6, points = (25 * 2 + 25 * 6) * 16;
  EXPECT_EQ(filters.mul, products + 7 * in + 3 * columns);
  EXPECT_EQ(filters.add, products + 12 * in + 4 * columns + 6 * points);
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdWinogradWide, testing::ValuesIn(available_targets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tacho::simd
