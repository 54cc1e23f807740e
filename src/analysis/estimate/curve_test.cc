#include "analysis/estimate/curve.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace tacho {
namespace {

/// A bend, a slope and a coordinate without meaning.
double truth(double a, double b) { return 0.4 * a + std::sin(a / 2) + (b > 5 ? 0.5 : 0); }

struct Drawn {
  std::vector<std::vector<double>> x;
  std::vector<double> y;
};

Drawn drawn(uint64_t seed, int n, double noise) {
  const Random random(seed);
  Drawn result;
  for (int i = 0; i < n; ++i) {
    const double a = 10 * random.uniform(uint64_t(i) * 4), b = std::floor(10 * random.uniform(uint64_t(i) * 4 + 1));
    result.x.push_back({a, b, 10 * random.uniform(uint64_t(i) * 4 + 2)});
    result.y.push_back(truth(a, b) + noise * random.normal(1000000 + uint64_t(i)));
  }
  return result;
}

TEST(Curve, FindsWhatSamplesComeFromAndKnowsHowWell) {
  const Drawn seen = drawn(1, 200, 0.05), fresh = drawn(2, 100, 0.05);
  const Curve curve(seen.x, seen.y, {0});
  double error = 0;
  int within = 0;
  for (size_t i = 0; i < fresh.x.size(); ++i) {
    const CurveValue value = curve.at(fresh.x[i]);
    error += std::abs(value.mean - fresh.y[i]) / double(fresh.x.size());
    within += std::abs(value.mean - fresh.y[i]) < 1.645 * value.deviation;
  }
  EXPECT_LT(error, 0.3) << "the values spread over more than 4";
  EXPECT_GE(within, 70) << "nine of ten belong inside";
}

TEST(Curve, IsSureNearSamplesAndUnsureFarFromThem) {
  const Drawn seen = drawn(3, 100, 0.02);
  const Curve curve(seen.x, seen.y, {0});
  const double far[] = {40, 5, 5};
  EXPECT_GT(curve.at(far).deviation, 3 * curve.at(seen.x[0]).deviation);
}

TEST(Curve, AFewStraysSayNothingOfTheirNeighbours) {
  Drawn seen = drawn(5, 100, 0.02);
  const Drawn fresh = drawn(6, 40, 0.02);
  for (size_t i : {17u, 58u}) seen.y[i] += 8;
  const Curve curve(seen.x, seen.y, {0});
  EXPECT_EQ(curve.samples(), 98u);
  const double beside[] = {seen.x[17][0] + 0.05, seen.x[17][1], seen.x[17][2]};
  EXPECT_NEAR(curve.at(beside).mean, truth(beside[0], beside[1]), 1);
  // A quarter of all are another kind, not strays.
  for (size_t i = 0; i < seen.x.size(); ++i)
    seen.y[i] = truth(seen.x[i][0], seen.x[i][1]) + (seen.x[i][2] > 7.5 ? 8 : 0);
  EXPECT_GE(Curve(seen.x, seen.y, {0}).samples(), 95u);
  EXPECT_EQ(Curve(fresh.x, fresh.y, {0}).samples(), 40u);
}

TEST(Curve, OneSampleIsAnswerEnough) {
  const Curve curve({{1, 2}}, {3}, {});
  const double there[] = {1, 2};
  EXPECT_NEAR(curve.at(there).mean, 3, 1e-9);
}

TEST(Curve, LeftOutIsWhatACurveWithoutTheGroupSays) {
  // Too few for lengths to be fitted, so that only the mean of all is another.
  const std::vector<std::vector<double>> x = {{0}, {1}, {1.5}, {3}, {4}, {4.2}};
  const std::vector<double> y = {0.1, -0.1, 0.2, -0.2, 0.3, -0.3};
  const std::vector<int> groups = {0, 1, 2, 0, 1, 2};
  const std::vector<CurveValue> left_out = Curve(x, y, {}).left_out(x, groups);
  ASSERT_EQ(left_out.size(), x.size());
  for (int group = 0; group < 3; ++group) {
    std::vector<std::vector<double>> other_x;
    std::vector<double> other_y;
    for (size_t i = 0; i < x.size(); ++i)
      if (groups[i] != group) other_x.push_back(x[i]), other_y.push_back(y[i]);
    const Curve without(other_x, other_y, {});
    for (size_t i = 0; i < x.size(); ++i) {
      if (groups[i] != group) continue;
      EXPECT_NEAR(left_out[i].mean, without.at(x[i]).mean, 0.02) << i;
      EXPECT_NEAR(left_out[i].deviation, without.at(x[i]).deviation, 0.01) << i;
      EXPECT_GT(std::abs(left_out[i].mean - y[i]), 0.05) << "it would follow the sample";
    }
  }
}

}  // namespace
}  // namespace tacho
