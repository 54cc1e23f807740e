// Convolutions against the double reference: random shapes with every kind of tail, each target, up to four
// slices on up to three lanes.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <set>

#include "backends/simd/direct.h"
#include "backends/simd/each_target.h"
#include "backends/simd/layouts.h"
#include "backends/simd/spread.h"
#include "backends/simd/winograd.h"
#include "ops/clip.h"
#include "ops/max_pool2d.h"
#include "tests/support/convolutions.h"

namespace tacho::simd {
namespace {

using namespace support;

class Draw {
 public:
  explicit Draw(uint32_t seed) : random_(seed) {}
  int64_t from(int64_t least, int64_t most) { return std::uniform_int_distribution<int64_t>(least, most)(random_); }
  ConvolutionCase winograd() {
    ConvolutionCase c;
    c.attributes.padding = {from(0, 3), from(0, 3), from(0, 3), from(0, 3)};
    c.x = {from(2, 5), from(1, 40), from(3, 11), from(3, 11)};
    c.w = {from(1, 70), c.x[1], 3, 3};
    return c;
  }
  /// Channels and places up to several blocks of a product.
  ConvolutionCase pointwise() {
    ConvolutionCase c;
    c.x = {from(2, 5), from(1, 300), from(1, 14), from(1, 14)};
    c.w = {from(1, 150), c.x[1], 1, 1};
    return c;
  }
  ConvolutionCase any() {
    ConvolutionCase c;
    const int64_t groups = from(0, 3) ? 1 : from(2, 3);
    c.attributes = {{from(1, 3), from(1, 3)}, {from(0, 3), from(0, 3), from(0, 3), from(0, 3)}, {1, 1}, groups};
    if (from(0, 2) == 0) c.attributes.dilation = {from(1, 3), from(1, 3)};
    c.w = {groups * from(groups > 1 ? 16 : 1, 40), groups > 1 ? from(16, 20) : from(1, 20), from(1, 5), from(1, 5)};
    const auto least = [&](int axis) { return c.attributes.dilation[size_t(axis)] * (c.w[size_t(2 + axis)] - 1) + 1; };
    c.x = {from(2, 4), c.w[1] * groups, least(0) + from(0, 9), least(1) + from(0, 9)};
    return c;
  }

 private:
  std::mt19937 random_;
};

class SimdConvolution : public EachTarget {};

TEST_P(SimdConvolution, WinogradOfRandomShapes) {
  Draw draw(1);
  Bounds worst{0, 0};
  for (int i = 0; i < 12; ++i)
    EXPECT_TRUE(check_three(draw.winograd(), {"winograd", "winograd ", {1e-5, 1e-5}}, &worst));
  std::cout << GetParam() << ": largest errors " << worst.images << " (images), " << worst.filters << " (filters)\n";
}

/// Blocks of tiles that begin and end within images, with short tiles in all of them.
TEST_P(SimdConvolution, WinogradOfManyTiles) {
  Bounds worst{0, 0};
  const Conv2dAttributes same{.padding = {1, 1, 1, 1}};
  for (const ConvolutionCase& c :
       {ConvolutionCase{{7, 32, 6, 6}, {64, 32, 3, 3}, same}, ConvolutionCase{{28, 32, 6, 6}, {64, 32, 3, 3}, same},
        ConvolutionCase{{28, 64, 3, 3}, {64, 64, 3, 3}, same}, ConvolutionCase{{61, 9, 7, 7}, {35, 9, 3, 3}, same},
        ConvolutionCase{{21, 33, 14, 13}, {20, 33, 3, 3}, same}})
    EXPECT_TRUE(check_three(c, {"winograd", "winograd ", {1e-5, 1e-5}}, &worst));
  std::cout << GetParam() << ": largest errors " << worst.images << " (images), " << worst.filters << " (filters)\n";
}

/// Beside a cache that holds next to nothing, filters are not packed.
TEST_P(SimdConvolution, WinogradOfFiltersTransformedWhereTheyAreUsed) {
  Draw draw(4);
  Bounds worst{0, 0};
  CpuInfo small = this_cpu();
  small.l2_bytes = 64;
  for (int i = 0; i < 12; ++i) {
    const ConvolutionCase c = draw.winograd();
    ConvolutionCheck check{"winograd", "winograd ", {1e-5, 1e-5}, small, "transformed where they are"};
    check.keeps_packs = i % 2 == 1;
    EXPECT_TRUE(check_three(c, check, &worst));
  }
  std::cout << GetParam() << ": largest errors " << worst.images << " (images), " << worst.filters << " (filters)\n";
}

TEST_P(SimdConvolution, PointwiseOfRandomShapes) {
  Draw draw(3);
  Bounds worst{0, 0};
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(check_three(draw.pointwise(), {"", "product ", {1e-6, 1e-6}}, &worst));
  std::cout << GetParam() << ": largest errors " << worst.images << " (images), " << worst.filters << " (filters)\n";
}

TEST_P(SimdConvolution, DirectOfRandomShapes) {
  Draw draw(2);
  Bounds worst{0, 0};
  int taken = 0;
  for (int i = 0; i < 30; ++i) taken += check_three(draw.any(), {"direct", "direct ", {1e-6, 1e-6}}, &worst);
  EXPECT_EQ(taken, 30);
  std::cout << GetParam() << ": largest errors " << worst.images << " (images), " << worst.filters << " (filters)\n";
}

TEST_P(SimdConvolution, DirectOfFirstLayersAndProducts) {
  Bounds worst{0, 0};
  const auto padded = [](int64_t p, int64_t stride = 1) { return Conv2dAttributes{{stride, stride}, {p, p, p, p}}; };
  for (const ConvolutionCase& c : {ConvolutionCase{{4, 1, 12, 12}, {32, 1, 5, 5}, padded(2)},
                                   ConvolutionCase{{4, 1, 28, 28}, {6, 1, 5, 5}, padded(2)},
                                   ConvolutionCase{{9, 1, 9, 21}, {6, 1, 3, 4}, padded(1)},
                                   ConvolutionCase{{4, 1, 20, 41}, {1, 1, 3, 4}, padded(1)},
                                   ConvolutionCase{{4, 1, 11, 34}, {2, 1, 3, 3}, {{2, 1}, {0, 1, 1, 0}, {2, 1}, 1}},
                                   ConvolutionCase{{4, 1, 9, 19}, {3, 1, 2, 3}, padded(1)},
                                   ConvolutionCase{{4, 1, 8, 40}, {4, 1, 3, 5}, padded(2)},
                                   ConvolutionCase{{4, 1, 7, 33}, {7, 1, 3, 3}, padded(1)},
                                   ConvolutionCase{{4, 1, 7, 33}, {8, 1, 3, 3}, padded(1)},
                                   ConvolutionCase{{4, 3, 9, 10}, {20, 3, 3, 3}, padded(1)},
                                   ConvolutionCase{{4, 6, 14, 14}, {16, 6, 5, 5}, padded(0)},
                                   ConvolutionCase{{2, 13, 9, 17}, {31, 13, 3, 7}, padded(2, 2)},
                                   ConvolutionCase{{2, 7, 11, 12}, {5, 7, 4, 3}, {{1, 3}, {0, 3, 1, 2}, {2, 1}, 1}},
                                   ConvolutionCase{{2, 1, 9, 8}, {3, 1, 2, 3}, {{3, 1}, {2, 0, 0, 3}, {1, 2}, 1}},
                                   ConvolutionCase{{2, 3, 21, 20}, {64, 3, 7, 7}, padded(3, 2)},
                                   ConvolutionCase{{4, 8, 7, 7}, {32, 8, 1, 1}, padded(0, 2)}})
    EXPECT_TRUE(check_three(c, {"direct", "direct ", {1e-6, 1e-6}}, &worst));
  for (const ConvolutionCase& c : {ConvolutionCase{{4, 33, 5, 6}, {70, 33, 1, 1}, padded(0)},
                                   ConvolutionCase{{4, 16, 7, 7}, {96, 16, 1, 1}, padded(0)}})
    EXPECT_TRUE(check_three(c, {"direct", "product ", {1e-6, 1e-6}}, &worst));
}

/// With pooling behind it: maxima within the bound, and their places hold values as large in the double reference.
void check_pooled(const ConvolutionCase& c, const std::string& algorithm, bool relu, double bound) {
  const ConvGeometry g = c.geometry();
  SCOPED_TRACE(text_of(target_in_use(), ": ", g.image_shape(), " by ", g.filter_shape(), " ", algorithm));
  const std::vector<TensorType> inputs{f32(c.x), f32(c.w), f32({g.k})};
  std::vector<Step> steps{{&op_named("conv2d"), c.attributes, {0, 1}},
                          {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}}};
  if (relu) steps.push_back({&op_named("relu"), {}, {4}});
  const Sample sample{{inputs.begin(), inputs.end()}, {}, {}};
  const Tensor map = run_members(make_chain(inputs, steps, 0), filled_inputs(sample, DType::float64, 1))[0];
  steps.push_back({&op_named("max_pool2d"), MaxPool2dAttributes{}, {relu ? 5 : 4}});
  const Ran ran = run_convolution(inputs, steps, algorithm);
  ASSERT_EQ(ran.refusal, "");
  const double allowed = bound * 4 * std::sqrt(double(g.channels_per_group() * g.taps()));
  ASSERT_LE(max_difference(ran.actual[0], ran.expected[0]), allowed);
  const int64_t height = g.rows.out, width = g.columns.out, windows = (height / 2) * (width / 2);
  for (int64_t i = 0; i < ran.actual[1].elements(); ++i) {
    const int64_t plane = i / windows, window = i % windows, tap = ran.actual[1].as<uint8_t>()[i];
    ASSERT_LT(tap, 4);
    const int64_t at = (window / (width / 2) * 2 + tap / 2) * width + window % (width / 2) * 2 + tap % 2;
    ASSERT_NEAR(map.as<double>()[plane * height * width + at], ran.expected[0].as<double>()[i], 2 * allowed);
  }
}

/// Small images of many channels: the places of all rows together.
TEST_P(SimdConvolution, DirectOfSmallImages) {
  Bounds worst{};
  const ConvolutionCheck direct{"direct", "direct ", {1e-6, 1e-6}};
  for (const ConvolutionCase& c : {ConvolutionCase{{3, 64, 4, 4}, {40, 64, 3, 3}, {.padding = {1, 1, 1, 1}}},
                                   {{2, 70, 2, 2}, {33, 70, 3, 3}, {.padding = {1, 1, 1, 1}}},
                                   {{2, 65, 9, 8}, {17, 65, 3, 3}, {.stride = {2, 2}, .padding = {1, 0, 0, 1}}},
                                   {{2, 67, 7, 6}, {48, 67, 3, 2}, {.padding = {0, 2, 2, 0}, .dilation = {2, 1}}},
                                   {{1, 128, 5, 5}, {64, 64, 3, 3}, {.padding = {1, 1, 1, 1}, .groups = 2}}})
    EXPECT_TRUE(check_three(c, direct, &worst));
}

/// By hand: of an image of 4 x 3 with zeros around it a 3 x 3 filter's rows of taps reach 3, 4 and 3 rows, its columns
/// 2, 3 and 2. With a stride of 2 (results of 2 x 2) they reach 1, 2 and 2 rows, 1, 2 and 1 columns. Padding is
/// multiplied where few channels do not pay for leaving it out.
TEST(SimdDirect, CountsWhatItMultiplies) {
  DirectShape s;
  s.from = {4, 3, 64}, s.to = {4, 3, 8};
  s.rows = s.columns = {3, 1, 1, 1};
  EXPECT_EQ(direct_routines().places_multiplied(s, {}), 10 * 7);
  EXPECT_EQ(direct_routines().places_multiplied(s, {.down = 2, .right = 2}), 9 * 12);
  s.from.channels = 3;
  EXPECT_EQ(direct_routines().places_multiplied(s, {}), 9 * 12);
  s.from.channels = 64, s.to = {2, 2, 8};
  s.rows.stride = s.columns.stride = 2;
  EXPECT_EQ(direct_routines().places_multiplied(s, {}), 5 * 4);
}

TEST_P(SimdConvolution, BoundsOnTheWayOut) {
  Bounds worst{};
  Draw draw(5);
  const auto with_clip = [](std::string algorithm, const char* name, double bound) {
    ConvolutionCheck check{std::move(algorithm), name, {bound, bound}};
    check.activation = "clip";
    check.activation_attributes = ClipAttributes{-0.5, 0.75};
    return check;
  };
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(check_three(draw.winograd(), with_clip("winograd", "winograd ", 1e-5), &worst));
    EXPECT_TRUE(check_three(draw.pointwise(), with_clip("", "product ", 1e-6), &worst));
  }
  const ConvolutionCheck direct = with_clip("direct", "direct ", 1e-6);
  EXPECT_TRUE(check_three({{3, 3, 8, 7}, {17, 3, 3, 3}, {.stride = {2, 2}, .padding = {1, 1, 1, 1}}}, direct, &worst));
  EXPECT_TRUE(check_three({{3, 1, 28, 28}, {5, 1, 5, 5}, {.padding = {2, 2, 2, 2}}}, direct, &worst));
}

/// Image by image, where neither Winograd's algorithm nor products of matrices take the convolution.
TEST_P(SimdConvolution, ActivatesWhatItStored) {
  Bounds worst{};
  ConvolutionCheck direct{"direct", "direct ", {1e-6, 1e-6}};
  for (const char* activation : {"tanh", "sigmoid", "silu"}) {
    direct.activation = activation;
    for (const ConvolutionCase& c : {ConvolutionCase{{5, 1, 28, 28}, {6, 1, 5, 5}, {.padding = {2, 2, 2, 2}}},
                                     {{5, 6, 9, 8}, {16, 6, 5, 5}, {}},
                                     {{3, 3, 8, 7}, {17, 3, 3, 3}, {.stride = {2, 2}, .padding = {1, 1, 1, 1}}},
                                     {{2, 5, 4, 3}, {70, 5, 2, 3}, {}}})
      EXPECT_TRUE(check_three(c, direct, &worst));
  }
}

TEST_P(SimdConvolution, KeepsNaNs) {
  const Conv2dAttributes same{.padding = {1, 1, 1, 1}}, depthwise{.padding = {1, 1, 1, 1}, .groups = 8};
  const std::pair<const char*, ConvolutionCase> cases[] = {{"direct", {{3, 1, 12, 12}, {6, 1, 5, 5}, {}}},
                                                           {"direct", {{3, 5, 8, 7}, {17, 5, 3, 3}, same}},
                                                           {"winograd", {{3, 5, 8, 7}, {17, 5, 3, 3}, same}},
                                                           {"winograd", {{3, 5, 8, 7}, {17, 5, 5, 5}, same}},
                                                           {"", {{3, 8, 9, 7}, {8, 1, 3, 3}, depthwise}}};
  for (const auto& [algorithm, c] : cases) {
    const Sample sample{{f32(c.x), f32(c.w), f32({c.w[0]})}, {}, {}};
    const Chain chain = make_chain(sample.inputs,
                                   {{&op_named("conv2d"), c.attributes, {0, 1}},
                                    {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}},
                                    {&op_named("relu"), {}, {4}}},
                                   0);
    const std::vector<Slice> slices = even_slices(chain.rows, 2);
    const Backend& backend = backend_named("simd");
    const OfferResult result = backend.offer(chain.group(slices[0]), {.cpu = this_cpu(), .algorithm = algorithm});
    ASSERT_TRUE(std::holds_alternative<Offer>(result)) << std::get<Refusal>(result).reason;
    std::vector<Tensor> inputs = filled_inputs(sample, DType::float32, 1);
    inputs[2].as<float>()[1] = NAN;
    const Tensor y = run_offer(backend, std::get<Offer>(result), chain, inputs, slices, 1, 0)[0];
    const int64_t places = y.shape()[2] * y.shape()[3];
    for (int64_t i = 0; i < element_count(y.shape()); ++i)
      ASSERT_EQ(std::isnan(y.as<float>()[i]), i / places % c.w[0] == 1) << std::get<Offer>(result).name << " at " << i;
  }
}

TEST_P(SimdConvolution, PoolsOnTheWayOut) {
  Draw draw(3);
  for (int i = 0; i < 4; ++i) check_pooled(draw.winograd(), "winograd", i % 2 == 0, 1e-5);
  for (int i = 0; i < 2; ++i) {
    check_pooled({{3, 1, 9, 8}, {36, 1, 5, 5}, {.padding = {2, 2, 2, 2}}}, "direct", i == 0, 1e-6);
    check_pooled({{3, 3, 8, 7}, {5, 3, 3, 3}, {.padding = {1, 1, 1, 1}}}, "direct", i == 0, 1e-6);
    check_pooled({{3, 1, 9, 8}, {36, 1, 5, 5}, {.padding = {2, 2, 2, 2}}}, "winograd", i == 0, 1e-5);
    check_pooled({{3, 3, 12, 11}, {16, 3, 5, 5}, {.padding = {2, 2, 2, 2}}}, "winograd", i == 0, 1e-5);
    check_pooled({{2, 5, 7, 15}, {13, 5, 5, 5}, {.padding = {0, 3, 1, 2}}}, "winograd", i == 0, 1e-5);
    // Whole vectors of channels: pooled in registers, a few pairs of places at a time.
    for (int64_t width = 2; width <= 17; width += 3)
      check_pooled({{2, 2, 7, width}, {32, 2, 3, 3}, {.padding = {1, 1, 1, 1}}}, "direct", i == 0, 1e-6);
    check_pooled({{2, 3, 12, 19}, {16, 3, 5, 4}, {.stride = {2, 2}, .padding = {2, 2, 2, 2}}}, "direct", i == 0, 1e-6);
    check_pooled({{2, 1, 17, 9}, {40, 1, 3, 1}, {.padding = {2, 0, 2, 0}, .dilation = {3, 1}}}, "direct", i == 0, 1e-6);
    // Small images of many channels, with a last odd row and column.
    check_pooled({{3, 64, 4, 4}, {40, 64, 3, 3}, {.padding = {1, 1, 1, 1}}}, "direct", i == 0, 1e-6);
    check_pooled({{2, 67, 5, 7}, {33, 67, 3, 2}, {.padding = {1, 1, 0, 1}}}, "direct", i == 0, 1e-6);
    check_pooled({{2, 65, 2, 2}, {70, 65, 3, 3}, {.padding = {1, 1, 1, 1}}}, "direct", i == 0, 1e-6);
  }
}

/// relu makes many values equal: the first of them is the maximum's place, as the reference has it.
TEST_P(SimdConvolution, TheFirstOfEqualMaximaWins) {
  const std::vector<TensorType> inputs{f32({2, 16, 6, 6}), f32({16, 16, 3, 3}), f32({16})};
  const Chain chain = make_chain(inputs,
                                 {{&op_named("conv2d"), Conv2dAttributes{.padding = {1, 1, 1, 1}}, {0, 1}},
                                  {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}},
                                  {&op_named("relu"), {}, {4}},
                                  {&op_named("max_pool2d"), MaxPool2dAttributes{}, {5}}},
                                 0);
  std::vector<Tensor> operands = filled_inputs({{inputs.begin(), inputs.end()}, {}, {}}, DType::float32, 1);
  for (int64_t k = 0; k < 16; ++k) operands[2].as<float>()[k] = -1e6f;
  const std::vector<Slice> slices = even_slices(chain.rows, 2);
  for (const char* algorithm : {"winograd", "direct"}) {
    const Backend& backend = backend_named("simd");
    OfferResult result = backend.offer(chain.group(slices[0]), {this_cpu(), algorithm});
    ASSERT_TRUE(std::holds_alternative<Offer>(result)) << std::get<Refusal>(result).reason;
    const std::vector<Tensor> actual = run_offer(backend, std::get<Offer>(result), chain, operands, slices, 1, 0xFF);
    EXPECT_EQ(max_magnitude(actual[0]), 0);
    const std::vector<Tensor> expected = run_members(chain, operands);
    EXPECT_TRUE(same_bits(actual[1], expected[1])) << algorithm;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdConvolution, testing::ValuesIn(available_targets()),
                         [](const auto& info) { return info.param; });

/// The places of a tile must spread over the sets of a cache: 64 of lines of 64 bytes in all of today's first levels.
TEST(SimdWinograd, PlacesOfATileShareNoSetsOfTheCache) {
  WinogradShape s;
  s.from = s.to = {12, 12, 40};
  for (int64_t rows = 1; rows <= 112; ++rows)
    for (int64_t row : {1, 3, 8, 20, 32, 40, 64, 96, 100, 128, 512}) {
      const Places places(s, rows, row);
      ASSERT_GE(places.distance, rows * row);
      EXPECT_LE(places.distance, rows * row + 2 * Places::kLine);  // and wastes nothing
      ASSERT_EQ(places.distance % Places::kLine, 0);
      std::set<int64_t> sets;
      for (int place = 0; place < 36; ++place) sets.insert(place * (places.distance / Places::kLine) % 64);
      EXPECT_EQ(sets.size(), 36u) << rows << " rows of " << row;
    }
}

/// The deep layers' sizes, as training meets them: errors relative to the largest result, as winograd.h states them.
/// F(2x2, 3x3), where it is asked for, is the accurate choice everywhere.
TEST(SimdWinogradSlow, ErrorsOfDeepLayers) {
  for (const auto& [channels, size] : {std::pair<int64_t, int64_t>{64, 16}, {128, 8}, {256, 4}, {512, 4}}) {
    const Shape image{4, channels, size, size};
    const Conv2dAttributes same{.padding = {1, 1, 1, 1}};
    const Attributes gradient = Conv2dBackwardWeightsAttributes{same, {3, 3}};
    std::map<std::string, Bounds> errors;
    for (const std::string algorithm : {"winograd", "winograd-2x2"}) {
      const Ran forward = run_convolution({f32(image), f32({channels, channels, 3, 3})},
                                          {{&op_named("conv2d"), same, {0, 1}}}, algorithm);
      const Ran filters = run_convolution({f32(image), f32(image)},
                                          {{&op_named("conv2d_backward_weights"), gradient, {0, 1}}}, algorithm);
      ASSERT_EQ(forward.refusal + filters.refusal, "");
      const Bounds& error = errors[algorithm] = {relative_difference(forward.actual[0], forward.expected[0]),
                                                 relative_difference(filters.actual[0], filters.expected[0])};
      for (const Ran* ran : {&forward, &filters})
        EXPECT_EQ(ran->reason.rfind(algorithm == "winograd" ? "F(4x4,3x3) for " : "F(2x2,3x3) for ", 0), 0u)
            << ran->reason;
      std::cout << algorithm << ", " << channels << " channels at " << size << ": " << error.images << " (images), "
                << error.filters << " (filters)\n";
    }
    EXPECT_LE(errors["winograd"].images, 1e-5);
    EXPECT_LE(errors["winograd"].filters, 2e-5);
    EXPECT_LE(errors["winograd-2x2"].images, 1e-6);
    EXPECT_LE(errors["winograd-2x2"].filters, 2e-6);
    EXPECT_LT(5 * errors["winograd-2x2"].images, errors["winograd"].images);
    EXPECT_LT(5 * errors["winograd-2x2"].filters, errors["winograd"].filters);
  }
}

TEST_P(SimdConvolution, AccurateWinogradOfRandomShapes) {
  Draw draw(1);
  Bounds worst{0, 0};
  for (int i = 0; i < 12; ++i)
    EXPECT_TRUE(
        check_three(draw.winograd(), {"winograd-2x2", "winograd ", {1e-6, 1e-6}, this_cpu(), "F(2x2,3x3)"}, &worst));
  std::cout << GetParam() << ": largest errors " << worst.images << " (images), " << worst.filters << " (filters)\n";
}

/// By hand: 3 x 3 filters with padding of 1 on an image of 4 x 5, 2 channels, from 3 results of 4 x 5. Image rows meet
/// 2, 3, 3 and 2 rows of taps; places 2, 3, 3, 3 and 2 columns of them.
TEST(SimdSpread, CountsWhatItExecutes) {
  DirectShape s;
  s.from = {4, 5, 2};
  s.to = {4, 5, 3};
  s.rows = s.columns = {3, 1, 1, 1};
  const Tally tally = spread_routines().executed(s);
  EXPECT_EQ(tally.mul, 10 * 3 * 5 * 3 * 2);
  EXPECT_EQ(tally.add, tally.mul + 4 * 13 * 2);
  // A stride of 2 without padding, results of 1 x 2: rows 0 to 2 meet one row of taps each, row 3 none.
  s.to = {1, 2, 3};
  s.rows = s.columns = {3, 2, 1, 0};
  const Tally strided = spread_routines().executed(s);
  EXPECT_EQ(strided.mul, 3 * 3 * 2 * 3 * 2);
  EXPECT_EQ(strided.add, strided.mul + 3 * 6 * 2);
}

/// By hand: a tile of 6 x 6 takes 12 transforms of 7 mul and 12 add on the way in, 10 of 3 mul and 10 add on the way
/// out.
TEST(SimdWinograd, CountsWhatItExecutes) {
  WinogradShape s;
  s.from = {8, 8, 3};
  s.to = {8, 8, 5};
  s.top = s.left = 1;
  const Tally tally = winograd_routines().convolve_tally(s, {}, 2);
  const int64_t tiles = 2 * 4;
  EXPECT_EQ(tally.mul, tiles * (36 * 15 + 84 * 3 + 30 * 5));
  EXPECT_EQ(tally.add, tiles * (36 * 15 + 144 * 3 + 100 * 5));
  // Filters that are transformed where they are used: 9 transforms of 6 mul and 6 add each; their gradients: 9 of 7 and
  // 9.
  const WinogradBlocks fresh{.tiles = 8, .depth = 3};
  const Tally with_filters = winograd_routines().convolve_tally(s, fresh, 2);
  EXPECT_EQ(with_filters.mul - tally.mul, 15 * 54);
  EXPECT_EQ(with_filters.add - tally.add, 15 * 54);
  const Tally gradient = winograd_routines().accumulate_tally(s, {}, 2);
  const Tally with_taps = winograd_routines().accumulate_tally(s, fresh, 2);
  EXPECT_EQ(with_taps.mul - gradient.mul, 15 * 63);
  EXPECT_EQ(with_taps.add - gradient.add, 15 * 81);
}

/// By hand: a tile of 4 x 4 takes 8 transforms of 4 add on the way in (no mul), 6 of 4 add on the way out. An image of
/// 8 x 6 has 4 x 3 of them, each with 16 places; whoever asks for F(2x2, 3x3) gets these counts.
TEST(SimdWinograd, CountsWhatTheAccurateChoiceExecutes) {
  WinogradShape s;
  s.outputs = 2;
  s.from = {8, 6, 3};
  s.to = {8, 6, 5};
  s.top = s.left = 1;
  EXPECT_EQ(s.places(), 12 * 16);
  const Tally tally = winograd_routines().convolve_tally(s, {}, 2);
  const int64_t tiles = 2 * 12;
  EXPECT_EQ(tally.mul, tiles * 16 * 15);
  EXPECT_EQ(tally.add, tiles * (16 * 15 + 8 * 4 * 3 + 6 * 4 * 5));
  const Chain chain = make_chain({f32({2, 3, 8, 6}), f32({5, 3, 3, 3})},
                                 {{&op_named("conv2d"), Conv2dAttributes{.padding = {1, 1, 1, 1}}, {0, 1}}}, -1);
  OfferResult result =
      backend_named("simd").offer(chain.group({0, 1, 1}), {this_cpu(), std::string(kAccurateWinograd)});
  ASSERT_TRUE(std::holds_alternative<Offer>(result)) << std::get<Refusal>(result).reason;
  EXPECT_EQ(std::get<Offer>(result).executed.tally, tally);
  EXPECT_FALSE(std::get<Offer>(result).executed.declared);
}

/// An image of 7 x 6 in tiles of 4 and 3 by 4 and 2 outputs: 6 + 5 by 6 + 4 places. By hand: along an axis a transform
/// in costs 7 mul and 12 add for 4 outputs, 5 and 8 for 3 (its operations read off the source), 3 and 4 for 2; out 3
/// and 10, 2 and 7, 0 and 4.
TEST(SimdWinograd, CountsShortTiles) {
  WinogradShape s;
  s.from = {7, 6, 1};
  s.to = {7, 6, 1};
  s.top = s.left = 1;
  EXPECT_EQ(s.places(), 110);
  const Tally tally = winograd_routines().convolve_tally(s, {}, 1);
  // A tile of e x f outputs: f + 2 columns by F(e, 3), then e + 2 rows by F(f, 3) in; out f + 2 columns, e rows.
  const auto sum = [](std::array<int64_t, 5> in, std::array<int64_t, 5> out) {
    int64_t total = 0;
    for (size_t e : {4, 3})
      for (size_t f : {4, 2}) {
        total += int64_t(f + 2) * in[e] + int64_t(e + 2) * in[f];
        total += int64_t(f + 2) * out[e] + int64_t(e) * out[f];
      }
    return total;
  };
  EXPECT_EQ(tally.mul, 110 + sum({0, 0, 3, 9, 7}, {0, 0, 0, 2, 3}));
  EXPECT_EQ(tally.add, 110 + sum({0, 0, 4, 9, 12}, {0, 0, 4, 7, 10}));
}

TEST(SimdWinograd, TakesTheTileWithFewerProducts) {
  EXPECT_EQ(winograd_outputs(32, 32), 4);
  EXPECT_EQ(winograd_outputs(7, 7), 4);
  EXPECT_EQ(winograd_outputs(6, 6), 4);
  EXPECT_EQ(winograd_outputs(3, 2), 4);
  EXPECT_EQ(winograd_outputs(4, 4), 4);
  EXPECT_EQ(winograd_outputs(2, 2), 2);
}

}  // namespace
}  // namespace tacho::simd
