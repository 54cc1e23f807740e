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

TEST(Curve, OneSampleIsAnswerEnough) {
  const Curve curve({{1, 2}}, {3}, {});
  const double there[] = {1, 2};
  EXPECT_NEAR(curve.at(there).mean, 3, 1e-9);
}

}  // namespace
}  // namespace tacho
