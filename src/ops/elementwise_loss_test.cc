// binary_cross_entropy and huber by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "ops/huber.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

std::vector<double> run_loss(const char* op, const Attributes& attributes, const std::vector<double>& x,
                             const std::vector<double>& t) {
  const Shape shape{int64_t(x.size())};
  Tensor a({DType::float64, shape}), b({DType::float64, shape});
  std::copy(x.begin(), x.end(), a.as<double>());
  std::copy(t.begin(), t.end(), b.as<double>());
  const Tensor y = support::run_whole(op_named(op), attributes, std::vector<Tensor>{a, b})[0];
  return {y.as<double>(), y.as<double>() + y.elements()};
}

TEST(BinaryCrossEntropy, IsThatOfTheSigmoidAndDoesNotOverflow) {
  const auto y = run_loss("binary_cross_entropy", {}, {0, 1000, -1000, 0.7}, {1, 1, 1, 0.25});
  EXPECT_NEAR(y[0], std::log(2.0), 1e-15);
  EXPECT_EQ(y[1], 0);
  EXPECT_EQ(y[2], 1000);
  const double p = 1 / (1 + std::exp(-0.7));
  EXPECT_NEAR(y[3], -0.25 * std::log(p) - 0.75 * std::log(1 - p), 1e-14);
}

TEST(Huber, IsQuadraticUpToDeltaAndLinearBeyond) {
  EXPECT_EQ(run_loss("huber", HuberAttributes{2}, {1, 5, -5, 3}, {0, 0, 0, 1}), (std::vector<double>{0.5, 8, 8, 2}));
  EXPECT_THROW(run_loss("huber", HuberAttributes{0}, {1}, {0}), Error);
}

}  // namespace
}  // namespace tacho
