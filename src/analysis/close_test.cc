#include "analysis/close.h"

#include <gtest/gtest.h>

#include <numeric>

namespace tacho {
namespace {

int64_t sum(const std::vector<int64_t>& values) { return std::accumulate(values.begin(), values.end(), int64_t{0}); }

TEST(CloseTo, LargestRemaindersAreRoundedUp) {
  EXPECT_EQ(close_to({1, 1, 1}, 100), (std::vector<int64_t>{34, 33, 33}));
  EXPECT_EQ(close_to({2, 1}, 100), (std::vector<int64_t>{67, 33}));
  EXPECT_EQ(close_to({996, 4, 0}, 100), (std::vector<int64_t>{100, 0, 0}));
}

TEST(CloseTo, AlwaysSumsToTheTotal) {
  for (int64_t seed = 1; seed < 200; ++seed) {
    std::vector<int64_t> parts;
    for (int64_t i = 0; i < 1 + seed % 17; ++i) parts.push_back((seed * 7919 + i * i * 104729) % 1'000'003);
    if (sum(parts) == 0) continue;
    EXPECT_EQ(sum(close_to(parts, 1000)), 1000) << seed;
  }
}

TEST(CloseTo, LargeNanosecondsDoNotOverflow) {
  const int64_t hour = 3'600'000'000'000;
  EXPECT_EQ(close_to({hour * 1000, hour * 1000}, 10000), (std::vector<int64_t>{5000, 5000}));
}

TEST(CloseTo, NothingOfNothingIsZero) {
  EXPECT_EQ(close_to({0, 0}, 100), (std::vector<int64_t>{0, 0}));
  EXPECT_TRUE(close_to({}, 100).empty());
}

TEST(RoundToSum, PartsOfAnySignSumToTheRoundedSum) {
  EXPECT_EQ(round_to_sum({1400, 1400, 1400}, 1000), (std::vector<int64_t>{2, 1, 1}));
  EXPECT_EQ(round_to_sum({-1600, 2500, 90}, 1000), (std::vector<int64_t>{-2, 3, 0}));
  EXPECT_EQ(round_to_sum({-400, -400, -400}, 1000), (std::vector<int64_t>{0, 0, -1}));
  EXPECT_EQ(round_to_sum({}, 10), std::vector<int64_t>{});
  for (int64_t a = -25; a <= 25; ++a)
    for (int64_t b = -25; b <= 25; ++b) {
      const auto parts = round_to_sum({a, b}, 10);
      EXPECT_LE(std::abs(10 * (parts[0] + parts[1]) - (a + b)), 5) << a << " " << b;
      EXPECT_LT(std::abs(10 * parts[0] - a), 10) << a << " " << b;
    }
}

}  // namespace
}  // namespace tacho
