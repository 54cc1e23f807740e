// Convolutions' gradients behind a relu's and a max pooling's: against the double reference, on each target.
#include <gtest/gtest.h>

#include <random>

#include "backends/simd/each_target.h"
#include "backends/simd/layouts.h"
#include "ops/clip.h"
#include "ops/gelu.h"
#include "ops/leaky_relu.h"
#include "ops/max_pool2d_backward.h"
#include "tests/support/convolutions.h"

namespace tacho::simd {
namespace {

using namespace support;

/// What the convolution's gradient reads: relu's gate (or another activation's), the unpooling, or both.
struct Behind {
  bool gate = false, pool = false;
  const char* activation = "relu_backward";
  Attributes attributes = {};
};

struct GradientRan {
  std::string refusal, name, reason;
  double error = 0;
  Tally executed;
};

/// One gradient of the convolution behind these, in slices on lanes, beside the reference in double.
GradientRan run_gradient(const ConvolutionCase& c, const Behind& behind, bool weights,
                         const std::string& algorithm = "", const CpuInfo& cpu = this_cpu()) {
  const ConvGeometry g = c.geometry();
  const Shape results = g.output_shape();
  const Shape dy = behind.pool ? Shape{results[0], results[1], results[2] / 2, results[3] / 2} : results;
  std::vector<TensorType> inputs{f32(dy)};
  std::vector<Fill> fills{{}};
  if (behind.gate) inputs.push_back(f32(dy)), fills.push_back({});
  if (behind.pool) inputs.push_back({DType::uint8, dy}), fills.push_back({Fill::index, 4});
  inputs.push_back(f32(weights ? c.x : c.w));
  const int operands = int(inputs.size());
  std::vector<Step> steps;
  int value = 0;
  if (behind.gate) steps.push_back({&op_named(behind.activation), behind.attributes, {0, 1}}), value = operands;
  if (behind.pool) {
    const MaxPool2dBackwardAttributes unpool{{}, {results[2], results[3]}};
    steps.push_back({&op_named("max_pool2d_backward"), unpool, {value, behind.gate ? 2 : 1}});
    value = operands + int(steps.size()) - 1;
  }
  if (weights)
    steps.push_back({&op_named("conv2d_backward_weights"),
                     Conv2dBackwardWeightsAttributes{c.attributes, {c.w[2], c.w[3]}},
                     {value, operands - 1}});
  else
    steps.push_back({&op_named("conv2d_backward_data"),
                     Conv2dBackwardDataAttributes{c.attributes, {c.x[2], c.x[3]}},
                     {value, operands - 1}});
  const Chain chain = make_chain(inputs, steps, 0);
  GradientRan ran;
  ran.refusal = chain.refusal;
  if (!ran.refusal.empty()) return ran;
  const std::vector<Slice> slices = even_slices(chain.rows, std::min<int64_t>(chain.rows, 3));
  const Backend& backend = backend_named("simd");
  OfferResult result = backend.offer(chain.group(slices[0]), {cpu, algorithm});
  if (const auto* refusal = std::get_if<Refusal>(&result)) {
    ran.refusal = refusal->reason;
    return ran;
  }
  const Offer& offer = std::get<Offer>(result);
  const Sample sample{{inputs.begin(), inputs.end()}, {}, fills};
  const std::vector<Tensor> expected = run_members(chain, filled_inputs(sample, DType::float64, 1));
  const std::vector<Tensor> narrow = filled_inputs(sample, DType::float32, 1);
  const std::vector<Tensor> actual = run_offer(backend, offer, chain, narrow, slices, 2, 0xFF);
  EXPECT_TRUE(same_bits(actual[0], run_offer(backend, offer, chain, narrow, slices, 2, 0x5B)[0]))
      << "depends on what was in memory before";
  ran.name = offer.name, ran.reason = offer.reason;
  ran.executed = offer.executed.tally;
  const double terms = weights ? double(results[0] * results[2] * results[3]) / (behind.pool ? 4 : 1)
                               : double(g.filters_per_group() * g.taps());
  ran.error = max_difference(actual[0], expected[0]) / std::max(4 * std::sqrt(terms), 1e-30);
  return ran;
}

class SimdGradientGroups : public EachTarget {};

TEST_P(SimdGradientGroups, SparseGradientsOfFiltersOfFewChannels) {
  const auto with = [](int64_t padding, int64_t stride = 1) {
    return Conv2dAttributes{.stride = {stride, stride}, .padding = {padding, padding, padding, padding}};
  };
  for (const ConvolutionCase& c :
       {ConvolutionCase{{4, 1, 12, 12}, {32, 1, 5, 5}, with(2)}, ConvolutionCase{{3, 3, 9, 11}, {20, 3, 5, 5}, with(2)},
        ConvolutionCase{{5, 1, 7, 6}, {6, 1, 3, 3}, with(0)}, ConvolutionCase{{2, 2, 21, 20}, {9, 2, 3, 4}, with(1, 2)},
        ConvolutionCase{{3, 10, 7, 9}, {5, 10, 3, 3}, with(1)}, ConvolutionCase{{2, 1, 40, 30}, {3, 1, 2, 1}, with(0)},
        ConvolutionCase{{2, 96, 6, 6}, {17, 96, 1, 1}, with(0)}, ConvolutionCase{{3, 2, 3, 3}, {1, 2, 2, 2}, with(0)}})
    for (const bool gate : {false, true}) {
      SCOPED_TRACE(text_of(target_in_use(), ": ", c.x, " by ", c.w, gate ? " gated" : ""));
      const GradientRan ran = run_gradient(c, {gate, true}, true);
      ASSERT_EQ(ran.refusal, "");
      EXPECT_EQ(ran.name, std::string("sparse ") + (gate ? "relu_backward+" : "") +
                              "max_pool2d_backward+conv2d_backward_weights");
      EXPECT_LE(ran.error, 1e-6);
    }
}

const Behind kKinds[] = {{true, false}, {false, true}, {true, true}};

TEST_P(SimdGradientGroups, WinogradMakesTheGradientWhereItsTilesAreLoaded) {
  std::mt19937 random(7);
  const auto draw = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  CpuInfo small = this_cpu();
  small.l2_bytes = 64;  // filters are transformed where they are used
  for (int i = 0; i < 12; ++i) {
    ConvolutionCase c;
    c.attributes.padding = {draw(0, 3), draw(0, 3), draw(0, 3), draw(0, 3)};
    c.x = {draw(2, 5), draw(1, 40), draw(4, 13), draw(4, 13)};
    c.w = {draw(1, 70), c.x[1], 3, 3};
    for (const Behind& behind : kKinds)
      for (const bool weights : {false, true}) {
        if (weights && behind.pool && c.geometry().taps() * c.x[1] <= 96) c.x[1] = c.w[1] = draw(11, 40);
        SCOPED_TRACE(text_of(target_in_use(), ": ", c.x, " by ", c.w, behind.gate ? " gate" : "",
                             behind.pool ? " pool" : "", weights ? " weights" : " data"));
        const GradientRan ran = run_gradient(c, behind, weights, "winograd", i % 3 ? this_cpu() : small);
        ASSERT_EQ(ran.refusal, "");
        EXPECT_TRUE(ran.name.starts_with("winograd ")) << ran.name;
        EXPECT_NE(ran.reason.find("made where its tiles are loaded"), std::string::npos) << ran.reason;
        EXPECT_LE(ran.error, 1e-5);
      }
  }
}

TEST_P(SimdGradientGroups, DirectConvolutionMakesTheGradientImageByImage) {
  const auto with = [](int64_t padding, int64_t stride = 1, int64_t dilation = 1, int64_t groups = 1) {
    return Conv2dAttributes{{stride, stride}, {padding, padding, padding, padding}, {dilation, dilation}, groups};
  };
  for (const ConvolutionCase& c : {ConvolutionCase{{3, 6, 14, 13}, {16, 6, 5, 5}, with(0)},
                                   ConvolutionCase{{4, 17, 9, 8}, {31, 17, 5, 5}, with(2)},
                                   ConvolutionCase{{2, 9, 13, 11}, {3, 9, 3, 3}, with(1, 2)},
                                   ConvolutionCase{{2, 33, 7, 9}, {17, 33, 3, 2}, with(1)},
                                   ConvolutionCase{{1, 70, 6, 6}, {64, 70, 5, 5}, with(2)},
                                   ConvolutionCase{{3, 32, 9, 9}, {32, 16, 3, 3}, with(1, 1, 2, 2)},
                                   ConvolutionCase{{2, 5, 8, 9}, {1, 5, 1, 1}, with(0, 3)}})
    for (const Behind& behind : kKinds) {
      SCOPED_TRACE(
          text_of(target_in_use(), ": ", c.x, " by ", c.w, behind.gate ? " gate" : "", behind.pool ? " pool" : ""));
      const GradientRan ran = run_gradient(c, behind, false, "direct");
      ASSERT_EQ(ran.refusal, "");
      EXPECT_TRUE(ran.name.starts_with("direct ")) << ran.name;
      EXPECT_NE(ran.reason.find("made image by image"), std::string::npos) << ran.reason;
      EXPECT_LE(ran.error, 1e-6);
      const Shape y = c.geometry().output_shape();
      const int64_t images = (c.x[0] + std::min<int64_t>(c.x[0], 3) - 1) / std::min<int64_t>(c.x[0], 3);
      const int64_t places = behind.pool ? (y[2] / 2) * (y[3] / 2) : y[2] * y[3];
      EXPECT_EQ(ran.executed.cmp, behind.gate ? images * y[1] * places : 0) << "of the first slice";
    }
}

TEST_P(SimdGradientGroups, DirectConvolutionTakesTheGradientOfAnyActivation) {
  const ConvolutionCase c{{3, 6, 14, 13}, {16, 6, 5, 5}, {}};
  const int64_t elements = 16 * 10 * 9;  // of the first slice's image
  for (const auto& [behind, compared] :
       {std::pair<Behind, int64_t>{{true, false, "leaky_relu_backward", LeakyReluAttributes{0.1}}, 1},
        {{true, false, "clip_backward", ClipAttributes{-0.5, 0.75}}, 2},
        {{true, false, "clip_backward", ClipAttributes{-0.5, 0.75, true}}, 2},
        {{true, false, "silu_backward"}, 0},
        {{true, false, "gelu_backward", GeluAttributes{}}, 0},
        {{true, false, "tanh_backward"}, 0},
        {{true, false, "sigmoid_backward"}, 0}}) {
    SCOPED_TRACE(text_of(target_in_use(), ": ", behind.activation));
    const GradientRan ran = run_gradient(c, behind, false);
    ASSERT_EQ(ran.refusal, "");
    EXPECT_EQ(ran.name, text_of("direct ", behind.activation, "+conv2d_backward_data"));
    EXPECT_LE(ran.error, 1e-6);
    EXPECT_EQ(ran.executed.cmp, compared * elements);
  }
}

TEST_P(SimdGradientGroups, OnlyDirectConvolutionTakesOthersThanRelu) {
  const ConvolutionCase c{{3, 16, 12, 12}, {16, 16, 3, 3}, {.padding = {1, 1, 1, 1}}};
  const Behind silu{true, false, "silu_backward"}, pooled{true, true, "silu_backward"};
  EXPECT_TRUE(run_gradient(c, silu, false).name.starts_with("direct "));
  EXPECT_NE(run_gradient(c, silu, true).refusal.find("another activation's gradient"), std::string::npos);
  EXPECT_NE(run_gradient(c, pooled, false).refusal.find("another activation's gradient"), std::string::npos);
  EXPECT_NE(run_gradient(c, pooled, true).refusal.find("another activation's gradient"), std::string::npos);
}

/// 7 x 6 results are tiles of 4 + 3 by 4 + 2 (M = 4): places of the images' gradient, 6 x 6 there, overlap.
TEST_P(SimdGradientGroups, WinogradCountsTheComparisonsWithTheGate) {
  const ConvolutionCase c{{2, 16, 7, 6}, {16, 16, 3, 3}, {.padding = {1, 1, 1, 1}}};
  const int64_t gated = run_gradient(c, {true, true}, true, "winograd").executed.cmp;
  EXPECT_EQ(gated, 16 * 7 * 6);
  EXPECT_EQ(run_gradient(c, {true, false}, false, "winograd").executed.cmp, 16 * (6 + 5) * (6 + 4));
  EXPECT_EQ(run_gradient(c, {false, true}, false, "winograd").executed.cmp, 0);
}

TEST_P(SimdGradientGroups, SparseGradientsSayWhatTheyExecute) {
  const ConvolutionCase c{{2, 3, 9, 8}, {5, 3, 3, 3}, {.padding = {1, 1, 1, 1}}};
  const Tally executed = run_gradient(c, {true, true}, true).executed;
  EXPECT_EQ(executed.mul, 1 * 5 * 4 * 4 * 27) << "of the first slice's image";
  EXPECT_EQ(executed.cmp, 5 * 4 * 4);
}

TEST_P(SimdGradientGroups, SparseGradientsRefuseWhatTheyDoNotTake) {
  const Conv2dAttributes dilated{.dilation = {2, 2}};
  EXPECT_NE(run_gradient({{2, 1, 9, 9}, {4, 1, 3, 3}, dilated}, {true, true}, true).refusal.find("dilations"),
            std::string::npos);
  EXPECT_NE(
      run_gradient({{2, 64, 9, 9}, {4, 64, 3, 3}, {}}, {true, true}, true, "direct").refusal.find("patches of 576"),
      std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdGradientGroups, testing::ValuesIn(available_targets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tacho::simd
