#include "ops/dropout.h"

#include <gtest/gtest.h>

#include "tests/support/operands.h"

namespace tacho {
namespace {

std::vector<double> dropped(double rate, int64_t stream, int64_t seed, int64_t step) {
  constexpr int64_t kElements = 20'000;
  const Tensor x({DType::float64, {kElements}});
  for (int64_t i = 0; i < kElements; ++i) x.as<double>()[i] = 1;
  const std::vector<Tensor> inputs{x, Tensor::of<int64_t>({}, {seed}), Tensor::of<int64_t>({}, {step})};
  const Tensor y = support::run_whole(op_named("dropout"), DropoutAttributes{rate, stream}, inputs)[0];
  return {y.as<double>(), y.as<double>() + kElements};
}

/// The share of elements in which two masks differ.
double difference(const std::vector<double>& a, const std::vector<double>& b) {
  double differ = 0;
  for (size_t i = 0; i < a.size(); ++i) differ += a[i] != b[i];
  return differ / double(a.size());
}

TEST(Dropout, DropsTheRateAndKeepsTheMean) {
  double zeros = 0, sum = 0;
  for (const double y : dropped(0.2, 0, 1, 1)) {
    EXPECT_TRUE(y == 0 || y == 1.25) << y;
    zeros += y == 0;
    sum += y;
  }
  EXPECT_NEAR(zeros / 20'000, 0.2, 0.015);  // five standard deviations
  EXPECT_NEAR(sum / 20'000, 1, 0.02);
}

TEST(Dropout, SeedStepAndStreamGiveOtherMasksAndTheSameGiveTheSame) {
  const auto first = dropped(0.5, 3, 11, 7);
  EXPECT_EQ(first, dropped(0.5, 3, 11, 7));
  for (const auto& other : {dropped(0.5, 4, 11, 7), dropped(0.5, 3, 12, 7), dropped(0.5, 3, 11, 8)})
    EXPECT_NEAR(difference(first, other), 0.5, 0.02);
}

TEST(Dropout, EverythingDroppedIsRefused) { EXPECT_THROW(dropped(1, 0, 1, 1), Error); }

}  // namespace
}  // namespace tacho
