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

}  // namespace
}  // namespace tacho
