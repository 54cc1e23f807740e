// Convolutions in small groups against the double reference: random shapes with every kind of tail, each target.
#include <random>

#include "backends/simd/each_target.h"
#include "ops/clip.h"
#include "tests/support/convolutions.h"

namespace tacho::simd {
namespace {

using namespace support;

constexpr Bounds kSingle{1e-6, 1e-6}, kDouble{1e-14, 1e-14};

class DrawGroups {
 public:
  explicit DrawGroups(uint32_t seed) : random_(seed) {}
  int64_t from(int64_t least, int64_t most) { return std::uniform_int_distribution<int64_t>(least, most)(random_); }
  template <class T>
  T one_of(std::initializer_list<T> values) {
    return values.begin()[from(0, int64_t(values.size()) - 1)];
  }

  /// Channels around the vectors' lengths, filters that have tiles of their own.
  ConvolutionCase common() {
    return of(one_of<int64_t>({1, 3, 16, 17, 31, 40}), 1, 1, one_of<int64_t>({3, 3, 5}), true);
  }
  /// Anything: multipliers, other filters, strides and dilations.
  ConvolutionCase any() { return of(one_of<int64_t>({1, 3, 4, 8, 17, 31}), 1, from(1, 3), from(1, 7), false); }
  /// Groups of a few channels.
  ConvolutionCase grouped(bool tiles) {
    const int64_t channels = one_of<int64_t>({2, 3, 4, 8});
    const int64_t filters = from(0, 1) ? channels : one_of<int64_t>({1, 2, 4, 5, 20});
    return of(from(2, 12), channels, filters, tiles ? 3 : from(1, 5), tiles);
  }

 private:
  ConvolutionCase of(int64_t groups, int64_t channels, int64_t filters, int64_t taps, bool tiles) {
    ConvolutionCase c;
    const int64_t stride = from(1, 2);
    c.attributes = {{stride, stride}, {from(0, 3), from(0, 3), from(0, 3), from(0, 3)}, {1, 1}, groups};
    c.w = {groups * filters, channels, taps, taps};
    if (!tiles) {
      c.w[3] = from(1, 7);
      c.attributes.stride = {from(1, 3), from(1, 3)};
      if (from(0, 1)) c.attributes.dilation = {from(1, 3), from(1, 3)};
    }
    const auto least = [&](int axis) { return c.attributes.dilation[size_t(axis)] * (c.w[size_t(2 + axis)] - 1) + 1; };
    c.x = {from(2, 4), groups * channels, std::max<int64_t>(1, least(0) - from(0, 2)) + from(0, 9),
           least(1) + from(0, 9)};
    if (c.x[2] + c.attributes.padding[0] + c.attributes.padding[2] < least(0)) c.x[2] = least(0);
    return c;
  }
  std::mt19937 random_;
};

class SimdGrouped : public EachTarget {};

TEST_P(SimdGrouped, DepthwiseOfCommonFilters) {
  DrawGroups draw(1);
  Bounds worst{0, 0};
  for (int i = 0; i < 24; ++i) {
    const ConvolutionCase c = draw.common();
    if (c.attributes.groups == 1) continue;  // one channel: not in groups
    EXPECT_TRUE(check_three(c, {"", "depthwise ", kSingle}, &worst));
    EXPECT_TRUE(check_three(c, {.name = "depthwise ", .bounds = kDouble, .dtype = DType::float64}, &worst));
  }
}

TEST_P(SimdGrouped, AnyFiltersAndMultipliers) {
  DrawGroups draw(2);
  Bounds worst{0, 0};
  for (int i = 0; i < 24; ++i) {
    const ConvolutionCase c = draw.any();
    if (c.attributes.groups == 1) continue;
    const char* name = c.w[0] == c.x[1] ? "depthwise " : "grouped ";
    EXPECT_TRUE(check_three(c, {"", name, kSingle}, &worst));
    EXPECT_TRUE(check_three(c, {.name = name, .bounds = kDouble, .dtype = DType::float64}, &worst));
  }
}

TEST_P(SimdGrouped, GroupsOfAFewChannels) {
  DrawGroups draw(3);
  Bounds worst{0, 0};
  for (int i = 0; i < 24; ++i) {
    const ConvolutionCase c = draw.grouped(i % 2 == 0);
    EXPECT_TRUE(check_three(c, {"", "grouped ", kSingle}, &worst));
    EXPECT_TRUE(check_three(c, {.name = "grouped ", .bounds = kDouble, .dtype = DType::float64}, &worst));
  }
}

TEST_P(SimdGrouped, Activations) {
  DrawGroups draw(4);
  for (int i = 0; i < 8; ++i) {
    const ConvolutionCase c = i % 2 ? draw.common() : draw.any();
    if (c.attributes.groups == 1) continue;
    for (const auto& [name, attributes] :
         {std::pair<const char*, Attributes>{"hardswish", {}}, {"clip", ClipAttributes{-0.5, 0.75}}, {"relu", {}}}) {
      const Ran ran = run_convolution({f32(c.x), f32(c.w), f32({c.w[0]})},
                                      {{&op_named("conv2d"), c.attributes, {0, 1}},
                                       {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}},
                                       {&op_named(name), attributes, {4}}},
                                      "");
      ASSERT_EQ(ran.refusal, "");
      EXPECT_NE(ran.name.find(std::string("conv2d+bias_add+") + name), std::string::npos) << ran.name;
      EXPECT_LE(relative_error(ran, double(c.w[2] * c.w[3])), 1e-6) << ran.name;
    }
  }
}

/// A batch of nothing: no images, and a gradient of zeros for the filters.
TEST_P(SimdGrouped, NoImages) {
  const ConvolutionCase c{{0, 18, 5, 6}, {18, 1, 3, 3}, {{1, 1}, {1, 1, 1, 1}, {1, 1}, 18}};
  Bounds worst{0, 0};
  EXPECT_TRUE(check_three(c, {"", "depthwise ", kSingle}, &worst));
}

/// Common filters multiply padding as well, others what lies inside of the images.
TEST(SimdGroupedCounts, ProductsToTheInteger) {
  const auto products = [](const ConvolutionCase& c, const char* op, const Attributes& attributes) {
    const ConvGeometry g = c.geometry();
    const Shape first = op == std::string_view("conv2d") ? c.x : g.output_shape();
    const Chain chain = make_chain({f32(first), f32(op == std::string_view("conv2d_backward_weights") ? c.x : c.w)},
                                   {{&op_named(op), attributes, {0, 1}}}, 0);
    OfferResult result = backend_named("simd").offer(chain.group({0, c.x[0], c.x[0]}), {this_cpu(), ""});
    const Tally tally = std::get<Offer>(result).executed.tally;
    EXPECT_EQ(tally.mul, tally.add);
    return tally.mul;
  };
  const auto all_three = [&](const ConvolutionCase& c, int64_t forward, int64_t data, int64_t weights) {
    EXPECT_EQ(products(c, "conv2d", c.attributes), forward);
    EXPECT_EQ(products(c, "conv2d_backward_data", Conv2dBackwardDataAttributes{c.attributes, {c.x[2], c.x[3]}}), data);
    EXPECT_EQ(products(c, "conv2d_backward_weights", Conv2dBackwardWeightsAttributes{c.attributes, {c.w[2], c.w[3]}}),
              weights);
  };
  // 40 channels fill vectors on each target; 5 x 4 places, 9 taps.
  const int64_t whole = 2 * 40 * 20 * 9;
  const int64_t inside = 2 * 40 * (3 * 5 - 2) * (3 * 4 - 2);  // 2 of the taps along each axis lie outside
  const bool tiles = target_in_use() != "baseline";
  all_three({{2, 40, 5, 4}, {40, 1, 3, 3}, {{1, 1}, {1, 1, 1, 1}, {1, 1}, 40}}, tiles ? whole : inside,
            tiles ? whole : inside, tiles ? whole : inside);
  // A dilation of 2 under padding of 2: 4 taps of each axis outside, backwards too.
  const int64_t dilated = 2 * 40 * (3 * 5 - 4) * (3 * 4 - 4);
  all_three({{2, 40, 5, 4}, {40, 1, 3, 3}, {{1, 1}, {2, 2, 2, 2}, {2, 2}, 40}}, dilated, dilated, dilated);
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdGrouped, testing::ValuesIn(available_targets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tacho::simd
