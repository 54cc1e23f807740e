// Products in bfloat16. Their definition is the reference's, which rounds each factor (relative error 2^-9) and sums in
// double: beside it a kernel errs by its float32 sums alone, so the bounds are those of the float32 kernels.
#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <random>

#include "backends/simd/direct.h"
#include "backends/simd/each_target.h"
#include "backends/simd/gemm.h"
#include "op/backend.h"
#include "ops/bias_add.h"
#include "ops/conv2d_backward_data.h"
#include "ops/conv2d_backward_weights.h"
#include "ops/conv_geometry.h"
#include "ops/matmul.h"
#include "ops/max_pool2d.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho::simd {
namespace {

using namespace support;

struct Bfloat16Cut {
  int initiator = -1;
  int64_t parts = 1;
  size_t lanes = 1;
};

struct Bfloat16Ran {
  Tensor actual, expected;
  Offer offer;
  std::string refusal;
};

MatmulAttributes rounded(bool transpose_a = false, bool transpose_b = false, int64_t contracted = 0) {
  return {transpose_a, transpose_b, contracted, Products::bfloat16};
}

Step product_of_rounded(MatmulAttributes attributes = rounded()) { return {&op_named("matmul"), attributes, {0, 1}}; }

/// What the kernel gives for the chain cut so, and what the reference gives in double.
Bfloat16Ran run_rounded(const std::vector<TensorType>& types, const std::vector<Step>& steps, Bfloat16Cut cut = {}) {
  const Chain chain = make_chain(types, steps, cut.initiator);
  Bfloat16Ran ran;
  ran.refusal = chain.refusal;
  if (!ran.refusal.empty()) return ran;
  const std::vector<Slice> slices = even_slices(chain.rows, std::min(chain.rows, cut.parts));
  const Backend& backend = backend_named("simd");
  OfferContext context{this_cpu(), ""};
  context.bfloat16 = true;
  OfferResult result = backend.offer(chain.group(slices[0]), context);
  if (const auto* refusal = std::get_if<Refusal>(&result)) {
    ran.refusal = refusal->reason;
    return ran;
  }
  ran.offer = std::move(std::get<Offer>(result));
  EXPECT_TRUE(ran.offer.bfloat16);
  EXPECT_EQ(ran.offer.name.rfind("bfloat16 ", 0), 0u) << ran.offer.name;
  const Sample sample{{types.begin(), types.end()}, {}, {}};
  ran.expected = run_members(chain, filled_inputs(sample, DType::float64, 1))[0];
  const std::vector<Tensor> inputs = filled_inputs(sample, DType::float32, 1);
  const std::vector<Tensor> once = run_offer(backend, ran.offer, chain, inputs, slices, cut.lanes, 0xFF);
  const std::vector<Tensor> again = run_offer(backend, ran.offer, chain, inputs, slices, cut.lanes, 0x5B);
  EXPECT_TRUE(same_bits(once[0], again[0])) << "depends on what was in memory before";
  ran.actual = once[0];
  return ran;
}

class SimdBfloat16 : public testing::Test {
 protected:
  void SetUp() override {
    if (!bfloat16_gemm()) GTEST_SKIP() << "this machine has no instructions for products of bfloat16";
  }

  static Tensor check(const std::vector<TensorType>& types, const std::vector<Step>& steps, Bfloat16Cut cut = {}) {
    SCOPED_TRACE(text_of(to_string(types[0]), " and ", to_string(types[1]), "; ", to_string(steps[0].attributes), "; ",
                         cut.parts, " slices over input ", cut.initiator));
    const Bfloat16Ran ran = run_rounded(types, steps, cut);
    EXPECT_EQ(ran.refusal, "");
    if (!ran.refusal.empty()) return {};
    const int64_t terms = element_count(types[0].shape);
    const double bound = double(FLT_EPSILON) * (std::sqrt(double(terms)) + 10);
    EXPECT_LE(max_difference(ran.actual, ran.expected), bound * std::max(1.0, max_magnitude(ran.expected)));
    return ran.actual;
  }
};

TEST_F(SimdBfloat16, AllTranspositionsAndTails) {
  for (int64_t m : {1, 3, 17, 31})
    for (int64_t n : {1, 3, 17, 31, 140})
      for (int64_t k : {1, 2, 3, 17, 31})
        for (int t = 0; t < 4; ++t)
          check({f32(matrix_shape(m, k, t & 1)), f32(matrix_shape(k, n, t & 2))},
                {product_of_rounded(rounded((t & 1) != 0, (t & 2) != 0))});
}

TEST_F(SimdBfloat16, BlocksOfEveryExtent) {
  // Several blocks of k (512 steps at most) and of n (2 MB of L2: 512 columns), and more tiles than are packed
  // together.
  for (int t = 0; t < 4; ++t) {
    const std::vector<Step> steps{product_of_rounded(rounded((t & 1) != 0, (t & 2) != 0))};
    check({f32(matrix_shape(70, 2201, t & 1)), f32(matrix_shape(2201, 100, t & 2))}, steps);
    check({f32(matrix_shape(20, 601, t & 1)), f32(matrix_shape(601, 1300, t & 2))}, steps);
    check({f32(matrix_shape(1000, 71, t & 1)), f32(matrix_shape(71, 35, t & 2))}, steps);
  }
}

TEST_F(SimdBfloat16, RandomShapes) {
  std::mt19937 random(7);
  const auto draw = [&](int64_t most) { return std::uniform_int_distribution<int64_t>(1, most)(random); };
  for (int i = 0; i < 60; ++i) {
    const int64_t m = draw(90), n = draw(200), k = draw(150);
    const bool ta = draw(2) == 1, tb = draw(2) == 1;
    check({f32(matrix_shape(m, k, ta)), f32(matrix_shape(k, n, tb))}, {product_of_rounded(rounded(ta, tb))});
  }
}

/// Beside products of the factors as they are: (1 + 2^-9)^2 - 1 of the sum of the terms' magnitudes.
TEST_F(SimdBfloat16, ErrsByTheRoundingOfTwoFactors) {
  const Sample sample{{f32({40, 301}), f32({301, 50})}, {}, {}};
  const Bfloat16Ran ran = run_rounded({f32({40, 301}), f32({301, 50})}, {product_of_rounded()});
  ASSERT_EQ(ran.refusal, "");
  std::vector<Tensor> factors = filled_inputs(sample, DType::float64, 1);
  const OpDef& matmul = op_named("matmul");
  const Tensor exact = run_whole(matmul, MatmulAttributes{}, factors)[0];
  for (const Tensor& factor : factors)
    for (int64_t i = 0; i < factor.elements(); ++i) factor.as<double>()[i] = std::fabs(factor.as<double>()[i]);
  const Tensor magnitudes = run_whole(matmul, MatmulAttributes{}, factors)[0];
  double worst = 0;
  for (int64_t i = 0; i < exact.elements(); ++i) {
    const double error = std::fabs(double(ran.actual.as<float>()[i]) - exact.as<double>()[i]);
    const double relative = error / magnitudes.as<double>()[i];
    EXPECT_LE(relative, std::exp2(-8) + std::exp2(-18) + 301 * double(FLT_EPSILON));
    worst = std::max(worst, relative);
  }
  EXPECT_GT(worst, 1e-5) << "nothing was rounded";
}

TEST_F(SimdBfloat16, BatchesThatBroadcastAndContract) {
  for (int t = 0; t < 4; ++t)
    for (int64_t contracted : {0, 1}) {
      const bool ta = t & 1, tb = t & 2;
      const auto batched = [](Shape batch, const Shape& last) {
        batch.push_back(last[0]);
        batch.push_back(last[1]);
        return f32(batch);
      };
      const Shape a = matrix_shape(3, 5, ta), b = matrix_shape(5, 4, tb);
      for (const auto& [x, y] : std::vector<std::pair<Shape, Shape>>{
               {{2, 3}, {2, 3}}, {{2, 1}, {1, 3}}, {{2, 3}, {3}}, {{2, 3}, {}}, {{0, 3}, {0, 3}}})
        check({batched(x, a), batched(y, b)}, {product_of_rounded(rounded(ta, tb, contracted))});
    }
  check({f32({3, 0}), f32({0, 4})}, {product_of_rounded()});
}

TEST_F(SimdBfloat16, BiasAndActivationsOnTheWayOut) {
  for (const char* activation : {"relu", "sigmoid", "tanh"})
    for (const Bfloat16Cut cut : {Bfloat16Cut{}, Bfloat16Cut{0, 3, 1}})
      check({f32({37, 5}), f32({5, 49}), f32({49})},
            {product_of_rounded(),
             {&op_named("bias_add"), BiasAddAttributes{-1}, {3, 2}},
             {&op_named(activation), {}, {4}}},
            cut);
  for (int64_t axis : {0, 1})
    check(
        {f32({37, 1500}), f32({1500, 37}), f32({37})},
        {product_of_rounded(), {&op_named("bias_add"), BiasAddAttributes{axis}, {3, 2}}, {&op_named("relu"), {}, {4}}});
}

TEST_F(SimdBfloat16, PartialSumsInLanes) {
  for (size_t lanes : {1, 2, 3}) {
    check({f32({47, 35}), f32({47, 44})}, {product_of_rounded(rounded(true))}, {0, 4, lanes});
    check({f32({7, 13, 5}), f32({7, 24, 5})}, {product_of_rounded(rounded(false, true, 1))}, {0, 4, lanes});
  }
}

TEST_F(SimdBfloat16, SlicesOfRowsGiveTheBitsOfTheWhole) {
  const std::vector<TensorType> types{f32({61, 1300}), f32({1300, 77})};
  EXPECT_TRUE(same_bits(check(types, {product_of_rounded()}), check(types, {product_of_rounded()}, {0, 5, 1})));
}

/// Whole vectors of columns, pairs of steps, to the integer.
TEST_F(SimdBfloat16, SaysWhatItExecutes) {
  const Bfloat16Ran ran =
      run_rounded({f32({17, 31}), f32({31, 10})}, {product_of_rounded(), {&op_named("relu"), {}, {2}}});
  EXPECT_EQ(ran.offer.executed.tally.mul, 17 * 16 * 32);
  EXPECT_EQ(ran.offer.executed.tally.add, 17 * 16 * 32);
  EXPECT_EQ(ran.offer.executed.tally.cmp, 170);
}

struct Bfloat16Convolution {
  Shape x, w;
  Conv2dAttributes attributes;
};

/// conv2d with bias and relu, and both gradients, in slices on lanes; returns how many of the three were taken.
int check_convolution(const Bfloat16Convolution& c, const char* name) {
  Conv2dAttributes conv = c.attributes;
  conv.products = Products::bfloat16;
  const ConvGeometry g = conv_geometry(conv, c.x, c.w);
  SCOPED_TRACE(text_of(g.image_shape(), " by ", g.filter_shape(), "; ", to_string(Attributes(conv))));
  const TensorType x = f32(c.x), w = f32(c.w), y = f32(g.output_shape());
  const Bfloat16Cut cut{0, 4, 3};
  int taken = 0;
  const auto check = [&](const Bfloat16Ran& ran, int64_t terms) {
    if (!ran.refusal.empty()) {
      EXPECT_EQ(ran.refusal.rfind("bfloat16: ", 0), 0u) << ran.refusal;
      return;
    }
    ++taken;
    EXPECT_EQ(ran.offer.name.rfind(name, 0), 0u) << ran.offer.name;
    EXPECT_LE(max_difference(ran.actual, ran.expected), 1e-6 * 4 * std::sqrt(double(terms))) << ran.offer.name;
  };
  check(run_rounded({x, w, f32({g.k})},
                    {{&op_named("conv2d"), conv, {0, 1}},
                     {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}},
                     {&op_named("relu"), {}, {4}}},
                    cut),
        g.channels_per_group() * g.taps());
  const Conv2dBackwardDataAttributes data{conv, {g.rows.in, g.columns.in}};
  check(run_rounded({y, w}, {{&op_named("conv2d_backward_data"), data, {0, 1}}}, cut),
        g.filters_per_group() * g.taps());
  const Conv2dBackwardWeightsAttributes weights{conv, {g.rows.kernel, g.columns.kernel}};
  check(run_rounded({y, x}, {{&op_named("conv2d_backward_weights"), weights, {0, 1}}}, cut), g.n * g.places());
  return taken;
}

TEST_F(SimdBfloat16, PointwiseConvolutionsOfRandomShapes) {
  std::mt19937 random(3);
  const auto draw = [&](int64_t most) { return std::uniform_int_distribution<int64_t>(1, most)(random); };
  for (int i = 0; i < 12; ++i) {
    const int64_t channels = draw(300);
    EXPECT_EQ(check_convolution({{1 + draw(4), channels, draw(14), draw(14)}, {draw(150), channels, 1, 1}, {}},
                                "bfloat16 product "),
              3);
  }
}

TEST_F(SimdBfloat16, DirectConvolutionsOfRandomShapes) {
  std::mt19937 random(2);
  const auto draw = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  int taken = 0;
  for (int i = 0; i < 40; ++i) {
    const int64_t groups = draw(0, 3) ? 1 : draw(2, 3);
    Bfloat16Convolution c;
    c.attributes = {{draw(1, 3), draw(1, 3)}, {draw(0, 3), draw(0, 3), draw(0, 3), draw(0, 3)}, {1, 1}, groups};
    if (draw(0, 2) == 0) c.attributes.stride = {1, 1}, c.attributes.dilation = {draw(1, 3), draw(1, 3)};
    c.w = {groups * draw(groups > 1 ? 8 : 2, 40), groups > 1 ? draw(8, 12) : draw(2, 40), draw(1, 5), draw(2, 5)};
    const auto least = [&](int axis) { return c.attributes.dilation[size_t(axis)] * (c.w[size_t(2 + axis)] - 1) + 1; };
    c.x = {draw(2, 4), c.w[1] * groups, least(0) + draw(0, 9), least(1) + draw(0, 9)};
    taken += check_convolution(c, "bfloat16 direct ");
  }
  EXPECT_GE(taken, 105) << "of 120; refused are rows and channels that make no pairs";
}

TEST_F(SimdBfloat16, ConvolutionsPoolOnTheWayOut) {
  Conv2dAttributes conv{.padding = {1, 1, 1, 1}, .products = Products::bfloat16};
  const Bfloat16Ran ran = run_rounded({f32({3, 5, 9, 8}), f32({36, 5, 3, 3}), f32({36})},
                                      {{&op_named("conv2d"), conv, {0, 1}},
                                       {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}},
                                       {&op_named("relu"), {}, {4}},
                                       {&op_named("max_pool2d"), MaxPool2dAttributes{}, {5}}},
                                      {0, 2, 1});
  ASSERT_EQ(ran.refusal, "");
  EXPECT_LE(max_difference(ran.actual, ran.expected), 1e-6 * 4 * std::sqrt(45.0));
}

/// Pairs of 3 channels are 4, of 9 rows of results 10.
TEST_F(SimdBfloat16, ConvolutionsSayWhatTheyExecute) {
  const Conv2dAttributes conv{.padding = {1, 1, 1, 1}, .products = Products::bfloat16};
  const TensorType x = f32({2, 3, 9, 8}), w = f32({5, 3, 3, 3}), y = f32({2, 5, 9, 8});
  EXPECT_EQ(run_rounded({x, w}, {{&op_named("conv2d"), conv, {0, 1}}}).offer.executed.tally.mul, 2 * 72 * 5 * 4 * 9);
  const Conv2dBackwardDataAttributes data{conv, {9, 8}};
  EXPECT_EQ(run_rounded({y, w}, {{&op_named("conv2d_backward_data"), data, {0, 1}}}).offer.executed.tally.mul,
            2 * 72 * 3 * 6 * 9);
  const Conv2dBackwardWeightsAttributes weights{conv, {3, 3}};
  EXPECT_EQ(run_rounded({y, x}, {{&op_named("conv2d_backward_weights"), weights, {0, 1}}}).offer.executed.tally.mul,
            2 * 80 * 5 * 3 * 9);
}

TEST_F(SimdBfloat16, PointwiseConvolutionsSayWhatTheyExecute) {
  const Conv2dAttributes conv{.products = Products::bfloat16};
  const TensorType x = f32({1, 5, 3, 3}), w = f32({7, 5, 1, 1}), y = f32({1, 7, 3, 3});
  EXPECT_EQ(run_rounded({x, w}, {{&op_named("conv2d"), conv, {0, 1}}}).offer.executed.tally.mul, 9 * 7 * 6);
  const Conv2dBackwardDataAttributes data{conv, {3, 3}};
  EXPECT_EQ(run_rounded({y, w}, {{&op_named("conv2d_backward_data"), data, {0, 1}}}).offer.executed.tally.mul,
            9 * 5 * 8);
  const Conv2dBackwardWeightsAttributes weights{conv, {1, 1}};
  EXPECT_EQ(run_rounded({y, x}, {{&op_named("conv2d_backward_weights"), weights, {0, 1}}}).offer.executed.tally.mul,
            10 * 5 * 7);
}

/// Where Winograd's algorithm was asked for, a convolution that it computes is left to it.
TEST_F(SimdBfloat16, LeavesToWinogradWhatWasAskedOfIt) {
  const Conv2dAttributes conv{.padding = {1, 1, 1, 1}, .products = Products::bfloat16};
  const Chain chain = make_chain({f32({2, 16, 8, 8}), f32({16, 16, 3, 3})}, {{&op_named("conv2d"), conv, {0, 1}}}, 0);
  OfferContext context{this_cpu(), "winograd"};
  for (const bool asked : {true, false}) {
    context.bfloat16 = asked;
    const OfferResult result = backend_named("simd").offer(chain.group({0, 2, 2}), context);
    EXPECT_EQ(std::holds_alternative<Offer>(result), !asked);
  }
}

class SimdBfloat16Targets : public EachTarget {};

/// Where the target in use has no such instructions the backend says so, and multiplies the factors as they are.
TEST_P(SimdBfloat16Targets, IsOfferedWhereTheInstructionsAre) {
  const bool able = GetParam() == "avx512" && this_cpu().has("avx512_bf16");
  const Backend& backend = backend_named("simd");
  EXPECT_EQ(bfloat16_gemm() != nullptr, able);
  EXPECT_EQ(bfloat16_direct_routines() != nullptr, able);
  EXPECT_EQ(backend.multiplies_in_bfloat16(), able);
  const Chain chain = make_chain({f32({8, 6}), f32({6, 4})}, {product_of_rounded()});
  OfferContext context{this_cpu(), ""};
  for (const bool asked : {true, false}) {
    context.bfloat16 = asked;
    const OfferResult result = backend.offer(chain.group({0, 1, 1}), context);
    ASSERT_EQ(std::holds_alternative<Offer>(result), able || !asked);
    if (const auto* offer = std::get_if<Offer>(&result)) EXPECT_EQ(offer->bfloat16, asked);
    else EXPECT_NE(std::get<Refusal>(result).reason.find("not on this machine"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdBfloat16Targets, testing::ValuesIn(available_targets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tacho::simd
