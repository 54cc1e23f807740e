#include "ops/label_smoothing.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/eager.h"

namespace tacho {
namespace {

TEST(LabelSmoothing, IsCrossEntropyAgainstTheSmoothedDistribution) {
  support::TestEmitter e;
  const std::vector<double> z{0.5, -1, 2};
  const Value logits = e.leaf(Tensor::of<double>({1, 3}, {z[0], z[1], z[2]}));
  const Value labels = e.leaf(Tensor::of<int64_t>({1}, {2}));
  const double total = std::exp(z[0]) + std::exp(z[1]) + std::exp(z[2]);
  double expected = 0;
  for (size_t i = 0; i < 3; ++i) expected -= (i == 2 ? 0.8 : 0.1) * (z[i] - std::log(total));  // smoothing 0.3
  EXPECT_NEAR(e.tensor(smoothed_cross_entropy(e, logits, labels, 0.3).loss).as<double>()[0], expected, 1e-12);
  const auto plain = smoothed_cross_entropy(e, logits, labels, 0);
  EXPECT_NEAR(e.tensor(plain.loss).as<double>()[0], std::log(total) - z[2], 1e-12);
  EXPECT_THROW(smoothed_cross_entropy(e, logits, labels, 1.5), Error);
}

}  // namespace
}  // namespace tacho
