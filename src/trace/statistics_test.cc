#include "trace/statistics.h"

#include <gtest/gtest.h>

namespace tacho {
namespace {

TEST(StatisticsTest, SummaryByHand) {
  const Summary s = summarize({5, 1, 4, 2, 3});
  EXPECT_EQ(s.median, 3);
  EXPECT_EQ(s.min, 1);
  EXPECT_EQ(s.max, 5);
  EXPECT_EQ(s.mad, 1);
  EXPECT_EQ(s.samples, 5);
  EXPECT_EQ(s.p05, 1);
  EXPECT_EQ(s.p95, 5);
}

TEST(StatisticsTest, MedianIsASampleThatOccurred) {
  EXPECT_EQ(summarize({10, 20}).median, 10);
  EXPECT_EQ(median_index({30, 10, 20, 40}), 2);
  EXPECT_EQ(median_index({}), -1);
  EXPECT_EQ(summarize({}).samples, 0);
}

TEST(StatisticsTest, UndisturbedIsNearlyTheLeast) {
  EXPECT_EQ(undisturbed({}), 0);
  EXPECT_EQ(undisturbed({90, 7, 30}), 7);
  EXPECT_EQ(undisturbed({1, 5, 6, 6, 7, 7, 8, 90, 90, 90, 90}), 5) << "of eleven the second";
}

TEST(StatisticsTest, AStatisticOfEachColumn) {
  EXPECT_EQ(by_column({{4, 40}, {1, 30}, {3, 10}, {2, 20}, {9, 90}}, quicker_median), (std::vector<int64_t>{2, 20}));
  EXPECT_TRUE(by_column({}, quicker_median).empty());
}

TEST(StatisticsTest, TheQuickerHalfIsRoundedUpAndKeepsTheOrder) {
  using Indices = std::vector<size_t>;
  EXPECT_EQ(quicker_half({50, 10, 40, 20, 30}), (Indices{1, 3, 4}));
  EXPECT_EQ(quicker_half({7, 7, 7, 7}), (Indices{0, 1})) << "of equal ones the earlier";
  EXPECT_EQ(quicker_half({9}), (Indices{0}));
  EXPECT_EQ(quicker_half({}), (Indices{}));
  EXPECT_EQ(quicker_median({50, 10, 40, 20, 30}), 20);
  EXPECT_EQ(quicker_median({}), 0);
}

}  // namespace
}  // namespace tacho
