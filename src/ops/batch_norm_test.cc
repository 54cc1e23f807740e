// The separate operations of batch normalisation, put together as a layer puts them, against the closed formulas.
#include "ops/batch_norm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ops/batch_norm_statistics.h"
#include "tests/support/eager.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

constexpr int64_t kBatch = 4, kChannels = 3, kInner = 6;
constexpr double kEpsilon = 1e-5;

Tensor random_of(Shape shape, uint64_t seed) { return support::filled({DType::float64, shape}, {}, seed); }

class BatchNorm : public testing::Test {
 protected:
  Tensor x_ = random_of({kBatch, kChannels, 2, 3}, 1), dy_ = random_of({kBatch, kChannels, 2, 3}, 2);
  Tensor scale_ = random_of({kChannels}, 3), bias_ = random_of({kChannels}, 4);

  static int64_t at(int64_t channel, int64_t i) { return (i / kInner * kChannels + channel) * kInner + i % kInner; }
};

TEST_F(BatchNorm, ForwardAndGradientAreTheClosedFormulas) {
  support::TestEmitter emitter;
  const Value x = emitter.leaf(x_), scale = emitter.leaf(scale_), bias = emitter.leaf(bias_);
  const auto statistics = batch_norm_statistics(emitter, x);
  const Value y = batch_norm(emitter, x, scale, bias, statistics.mean, statistics.variance, {kEpsilon});
  const std::vector<Value> values{y}, seeds{emitter.leaf(dy_)}, leaves{x, scale, bias};
  const std::vector<Value> gradients = support::backpropagate(emitter, values, seeds, leaves);

  // PyTorch's formula: dx = scale r / n (n dy - sum dy - xhat sum dy xhat), r = 1 / sqrt(variance + epsilon).
  const double n = kBatch * kInner;
  for (int64_t c = 0; c < kChannels; ++c) {
    const double* px = x_.as<double>();
    const double* pdy = dy_.as<double>();
    double mean = 0, variance = 0, sum_dy = 0, sum_dy_xhat = 0;
    for (int64_t i = 0; i < kBatch * kInner; ++i) mean += px[at(c, i)] / n;
    for (int64_t i = 0; i < kBatch * kInner; ++i) variance += std::pow(px[at(c, i)] - mean, 2) / n;
    const double r = 1 / std::sqrt(variance + kEpsilon), s = scale_.as<double>()[c];
    for (int64_t i = 0; i < kBatch * kInner; ++i) {
      sum_dy += pdy[at(c, i)];
      sum_dy_xhat += pdy[at(c, i)] * (px[at(c, i)] - mean) * r;
    }
    for (int64_t i = 0; i < kBatch * kInner; ++i) {
      const int64_t e = at(c, i);
      const double xhat = (px[e] - mean) * r;
      EXPECT_NEAR(emitter.tensor(y).as<double>()[e], s * xhat + bias_.as<double>()[c], 1e-12);
      EXPECT_NEAR(emitter.tensor(gradients[0]).as<double>()[e], s * r / n * (n * pdy[e] - sum_dy - xhat * sum_dy_xhat),
                  1e-12);
    }
    EXPECT_NEAR(emitter.tensor(gradients[1]).as<double>()[c], sum_dy_xhat, 1e-12);
    EXPECT_NEAR(emitter.tensor(gradients[2]).as<double>()[c], sum_dy, 1e-12);
  }
}

TEST_F(BatchNorm, TheBatchCutsTheSliceAndTheChannelsDoNot) {
  const std::vector<TensorType> inputs{x_.type()};
  const OpDef& op = op_named("batch_norm_statistics");
  const TensorTypes outputs = types_of(op, {}, inputs);
  SliceStates by_batch{SliceState::Sliced(0)}, by_channel{SliceState::Sliced(1)};
  EXPECT_EQ(op.slice({{}, inputs, outputs}, by_batch)[0], SliceState::Partial(PartialKind::merge));
  EXPECT_EQ(op.slice({{}, inputs, outputs}, by_channel)[1], SliceState::Sliced(0));
}

TEST_F(BatchNorm, StatisticsOfNothingAreAnError) {
  support::TestEmitter emitter;
  const Value empty = emitter.leaf(random_of({0, 3, 2, 2}, 1));
  EXPECT_THROW(batch_norm_statistics(emitter, empty), Error);
}

TEST_F(BatchNorm, StatisticsFarFromZeroKeepTheirVariance) {
  support::TestEmitter emitter;
  Tensor shifted = x_.clone();
  for (int64_t i = 0; i < shifted.elements(); ++i) shifted.as<double>()[i] += 1e8;
  const auto near = batch_norm_statistics(emitter, emitter.leaf(x_));
  const auto far = batch_norm_statistics(emitter, emitter.leaf(shifted));
  for (int64_t c = 0; c < kChannels; ++c)
    EXPECT_NEAR(emitter.tensor(far.variance).as<double>()[c], emitter.tensor(near.variance).as<double>()[c], 1e-6);
}

}  // namespace
}  // namespace tacho
