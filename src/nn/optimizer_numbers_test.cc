// What the optimisers and clipping compute, against their definitions written out.
#include <gtest/gtest.h>

#include <cmath>

#include "nn/optimizer.h"
#include "tests/support/eager.h"

namespace tacho {
namespace {

using support::TestEmitter;

const TensorType kPairType{DType::float64, {2}};
const ParameterInfo kPairWeight{"fc.weight", "fc", kPairType, 2, ParameterKind::weight};

/// The parameter {3, 4} after one step with the gradient {0.5, -2} and the rate 0.1, from state 0.
std::vector<double> after_one_step(const OptimizerOptions& options, std::vector<double> parameter = {3, 4}) {
  TestEmitter e;
  e.set("fc.weight", Tensor::of<double>({2}, {parameter[0], parameter[1]}));
  const Value w = e.variable("fc.weight", kPairType), g = e.leaf(Tensor::of<double>({2}, {0.5, -2}));
  emit_update(e, options, kPairWeight, w, g, e.leaf(Tensor::of<double>({}, {0.1})),
              e.leaf(Tensor::of<int64_t>({}, {1})));
  const Tensor& next = e.tensor(e.committed(w));
  return {next.as<double>()[0], next.as<double>()[1]};
}

TEST(OptimizerNumbers, RmspropKeepsAMeanSquare) {
  const auto w = after_one_step({.kind = OptimizerKind::rmsprop});
  EXPECT_NEAR(w[0], 3 - 0.1 * 0.5 / (std::sqrt(0.01 * 0.25) + 1e-8), 1e-12);
  EXPECT_NEAR(w[1], 4 + 0.1 * 2 / (std::sqrt(0.01 * 4) + 1e-8), 1e-12);
}

TEST(OptimizerNumbers, AdagradsFirstStepIsOneRateLong) {
  const auto w = after_one_step({.kind = OptimizerKind::adagrad, .weight_decay = 0.1});
  EXPECT_NEAR(w[0], 3 - 0.1, 1e-7);  // gradient 0.5 + 0.3
  EXPECT_NEAR(w[1], 4 + 0.1, 1e-7);  // gradient -2 + 0.4
}

TEST(OptimizerNumbers, LambsStepIsAsLongAsTheRateTimesTheParameter) {
  const auto w = after_one_step({.kind = OptimizerKind::lamb});
  // Adam's first direction is (1, -1): its norm is sqrt(2), the parameter's 5.
  EXPECT_NEAR(w[0], 3 - 0.1 * 5 / std::sqrt(2.0), 1e-6);
  EXPECT_NEAR(w[1], 4 + 0.1 * 5 / std::sqrt(2.0), 1e-6);
  const auto zero = after_one_step({.kind = OptimizerKind::lamb}, {0, 0});
  EXPECT_NEAR(zero[0], -0.1, 1e-6);  // a parameter of zeros is not stuck
}

std::vector<double> clipped(const OptimizerOptions& options, std::vector<double> first, double second) {
  TestEmitter e;
  const std::vector<Value> gradients = {e.leaf(Tensor::of<double>({2}, {first[0], first[1]})), Value{},
                                        e.leaf(Tensor::of<double>({}, {second}))};
  const std::vector<Value> result = clip_gradients(e, options, gradients);
  EXPECT_FALSE(result[1]);
  const double* a = e.tensor(result[0]).as<double>();
  return {a[0], a[1], *e.tensor(result[2]).as<double>()};
}

TEST(Clipping, ByValueThenByTheNormOfAllGradients) {
  EXPECT_EQ(clipped({}, {3, -4}, 12), (std::vector<double>{3, -4, 12}));
  EXPECT_EQ(clipped({.clip_value = 3.5}, {3, -4}, 12), (std::vector<double>{3, -3.5, 3.5}));
  const auto scaled = clipped({.clip_norm = 6.5}, {3, -4}, 12);  // their norm is 13
  EXPECT_NEAR(scaled[0], 1.5, 1e-6);
  EXPECT_NEAR(scaled[1], -2, 1e-6);
  EXPECT_NEAR(scaled[2], 6, 1e-6);
  EXPECT_EQ(clipped({.clip_norm = 14}, {3, -4}, 12), (std::vector<double>{3, -4, 12}));
  const auto both = clipped({.clip_value = 4, .clip_norm = 1}, {3, 0}, 12);
  EXPECT_NEAR(both[0], 0.6, 1e-6);
  EXPECT_NEAR(both[2], 0.8, 1e-6);
}

}  // namespace
}  // namespace tacho
