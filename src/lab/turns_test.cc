#include "lab/turns.h"

#include <gtest/gtest.h>

namespace tacho {
namespace {

/// Steps of so many nanoseconds, one a turn; rows take a third of them and two thirds.
Turns::Steps made_up(std::vector<int64_t> steps) {
  return [steps, next = size_t{0}](std::vector<int64_t>& rows) mutable {
    const int64_t ns = steps.at(next++);
    rows = {ns / 3, ns * 2 / 3};
    return ns;
  };
}

TEST(Turns, WhatNothingDisturbedCountsOfEachWay) {
  // Five of seven turns met a neighbour, which the other way minds more.
  Turns turns;
  const size_t own = turns.add(made_up({150, 90, 160, 150, 93, 150, 170})),
               other = turns.add(made_up({900, 303, 910, 900, 306, 950, 920}));
  for (int i = 0; i < 7; ++i) turns.turn();
  EXPECT_EQ(turns.count(), 7);
  EXPECT_EQ(turns.step_ns(own), 93);
  EXPECT_EQ(turns.rows_ns(own), (std::vector<int64_t>{31, 62}));
  EXPECT_EQ(turns.rows_ns(other), (std::vector<int64_t>{102, 204}));
  EXPECT_EQ(turns.gain(own, other).median_ns, 93 - 306);
  EXPECT_GE(turns.last_ns(), 0);
}

TEST(Turns, TheGainsRangeIsThatOfTheTurns) {
  Turns turns;
  const size_t own = turns.add(made_up({100, 100, 100})), other = turns.add(made_up({60, 70, 130}));
  for (int i = 0; i < 3; ++i) turns.turn();
  const Gain gain = turns.gain(own, other);
  EXPECT_EQ(gain.median_ns, 40) << "100 less the least of three";
  EXPECT_EQ(gain.low_ns, -30);
  EXPECT_EQ(gain.high_ns, 40);
}

}  // namespace
}  // namespace tacho
