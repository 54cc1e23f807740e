// The most that rows could save, by hand.
#include "analysis/bound.h"

#include <gtest/gtest.h>

namespace tacho {
namespace {

/// Two threads, a step of 1 ms, rows of 600 and 400 us of thread time.
struct BoundCase {
  RunRecord record;
  Report report;
  BoundCase() {
    record.threads = 2;
    record.rows.resize(2);
    report.record = &record;
    report.step.median_ns = 1'000'000;
    report.operations.resize(2);
    report.operations[0].median_ns = 600'000, report.operations[1].median_ns = 400'000;
  }
};

TEST(Bound, RowsThatAllThreadsShareSaveTheirPartOfEach) {
  BoundCase c;
  c.record.schedule.stages = {{{{0, 1}, {1, 1}}, {{0, 1}, {1, 1}}}};
  EXPECT_EQ(saved_ns(c.report, {0, 400'000}), 300'000);
  EXPECT_EQ(saved_ns(c.report, {600'000, 400'000}), 0) << "nothing is less";
}

TEST(Bound, ARowOnOneThreadSavesAllOfItWhereTheOtherWaits) {
  BoundCase c;
  c.record.schedule.stages = {{{{0, 1}}, {{0, 1}}}, {{{1, 1}}}};
  EXPECT_EQ(saved_ns(c.report, {600'000, 0}), 400'000);
}

TEST(Bound, WhatIsNoPartOfTheLongestChainSavesNothing) {
  BoundCase c;
  c.record.schedule.stages = {{{{0, 1}}, {{1, 1}}}};
  EXPECT_EQ(saved_ns(c.report, {600'000, 0}), 0);
  EXPECT_EQ(saved_ns(c.report, {0, 400'000}), 200'000) << "the other row is then the longest";
}

TEST(Bound, WithoutAScheduleTheThreadWithTheLargestPartCounts) {
  BoundCase c;
  c.report.step_entries = {{0, Account::kernel, 0, 450'000}, {1, Account::kernel, 0, 150'000}};
  EXPECT_EQ(saved_ns(c.report, {0, 400'000}), 450'000);
  EXPECT_EQ(saved_ns(c.report, {600'000, 100'000}), 300'000) << "nobody says who ran it: all of it";
  EXPECT_THROW(saved_ns(c.report, {0}), Error);
}

TEST(Bound, OnlyWantedRowsAndNeverMoreThanTheyTake) {
  BoundCase c;
  c.record.schedule.stages = {{{{0, 1}, {1, 1}}}};
  const auto second = [&](const Operation& o) { return &o == &c.report.operations[1]; };
  EXPECT_EQ(saved_by(c.report, second, [](const Operation&) { return 100'000; }), 300'000);
  EXPECT_EQ(saved_by(c.report, second, [](const Operation&) { return 900'000; }), 0);
}

}  // namespace
}  // namespace tacho
