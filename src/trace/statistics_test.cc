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
