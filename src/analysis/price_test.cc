#include "analysis/price.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/made_up_run.h"

namespace tacho {
namespace {

/// One thread, rows of 100 and 300 us whose kernels take 80 and 240 us by themselves, one after the other; the step is
/// 440 us.
struct PriceCase {
  RunRecord record;
  Report report;
  PlannedStep other;
  AloneTimes alone;
  PriceCase() {
    record.threads = 1;
    record.profile = made_up_profile();
    for (const char* path : {"a", "b"}) {
      NodeRow row;
      row.path = path, row.backend = "simd", row.kernel_name = path, row.anchor = -1;
      row.traffic = {1, 1'000'000, 0, 1'000'000};
      record.rows.push_back(row);
    }
    record.schedule.stages = {{{{0, 1}, {1, 1}}}};
    report.record = &record;
    report.operations.resize(2);
    report.operations[0].quicker_ns = 100'000, report.operations[1].quicker_ns = 300'000;
    report.step.quicker_ns = 440'000;
    other = {record.rows, record.schedule, 1};
    alone = {{0, 0}, {0, 0}};
  }
  void measure_apart() {
    record.apart.emplace();
    record.apart->alone_ns = {80'000, 240'000};
    record.apart->one_thread_quicker_ns = {90'000, 280'000};
    record.apart->one_thread_quicker_step_ns = 400'000;
    record.apart->accounts_ns.assign(size_t(kAccounts), 0);
  }
  /// The second row by another kernel, which takes so long by itself where the one before takes 240 us.
  void exchange_second(int64_t alone_ns) {
    other.rows[1].kernel_name = "faster";
    alone = {{0, 240'000}, {0, alone_ns}};
  }
  Price priced() const { return price(report, other, alone); }
};

TEST(Price, TheSamePlanSavesNothing) {
  const PriceCase c;
  const Price same = c.priced();
  ASSERT_TRUE(same.gain) << same.unpriced;
  EXPECT_EQ(same.gain->median_ns, 0);
  EXPECT_EQ(same.gain->low_ns, 0);
  EXPECT_EQ(same.gain->high_ns, 0);
}

TEST(Price, MeasuredAtAnotherTimeAKernelTakesItsOwnTimeByTheRatioOfThoseExchanged) {
  PriceCase c;
  c.exchange_second(160'000);
  const Price other = c.priced();
  ASSERT_TRUE(other.gain) << other.unpriced;
  // The one before took 300 us for 240, and the step is 1.1 of its kernels: (300 - 160 x 1.25) x 1.1 saved.
  EXPECT_EQ(other.gain->median_ns, 110'000);
  ASSERT_EQ(other.rows.size(), 2u);
  EXPECT_EQ(other.rows[0].alone_ns, 0) << "it stands in both";
  EXPECT_EQ(other.rows[0].estimated_ns, 100'000);
  EXPECT_EQ(other.rows[1].alone_ns, 160'000);
  EXPECT_EQ(other.rows[1].estimated_ns, 200'000);
  EXPECT_LT(other.gain->low_ns, 110'000);
}

TEST(Price, OneRatioIsOfAllRowsExchangedAndTheIntervalOfHowFarTheyAreFromIt) {
  PriceCase c;
  c.other.rows = c.record.rows;
  for (NodeRow& row : c.other.rows) row.kernel_name = "slower";
  c.alone = {{100'000, 220'000}, {500'000, 900'000}};
  const Price other = c.priced();
  // 400 us in the step for 320 by themselves; 125 and 275 us for 100 and 300.
  EXPECT_EQ(other.rows[0].estimated_ns, 625'000);
  EXPECT_EQ(other.rows[1].estimated_ns, 1'125'000);
  EXPECT_EQ(other.gain->median_ns, 440'000 - 1'925'000);
  const double row = 1.25 * 50 / 400, half = 2 * std::hypot(625 * row, 1125 * row, 0.03 * 1750);
  EXPECT_NEAR(double(other.gain->high_ns - other.gain->median_ns), half * 1000, 1);
  c.alone.own = {80'000, 240'000};
  const Price nearer = c.priced();
  EXPECT_NEAR(double(nearer.gain->high_ns - nearer.gain->median_ns), 2 * 0.03 * 1750 * 1000, 1) << "no row is off";
}

TEST(Price, WhatTheMachineDoesMeanwhileMeetsBothSides) {
  PriceCase c;
  c.exchange_second(160'000);
  c.alone.own[1] *= 1.1, c.alone.other[1] *= 1.1;
  EXPECT_EQ(c.priced().rows[1].estimated_ns, 200'000);
}

TEST(Price, TheRunsStepMeasuredAgainStandsForTheRuns) {
  PriceCase c;
  c.exchange_second(160'000);
  EXPECT_EQ(c.priced().of_ns, 440'000);
  // All takes a tenth longer now: so does what is saved.
  for (auto* times : {&c.alone.own, &c.alone.other}) (*times)[1] = (*times)[1] * 11 / 10;
  c.alone.own_in_step = {110'000, 330'000}, c.alone.own_step_ns = c.alone.run_step_ns = 484'000;
  const Price now = c.priced();
  EXPECT_EQ(now.of_ns, 484'000);
  EXPECT_EQ(now.rows[0].estimated_ns, 110'000);
  EXPECT_EQ(now.rows[1].estimated_ns, 176'000) << "in turn, rows take in the step what they take by themselves";
  EXPECT_EQ(now.gain->median_ns, 169'400) << "(330 - 176) x 1.1";
  const double half = 2 * std::hypot(1.25 * 66 / 330, 0.03) * 176'000;
  EXPECT_NEAR(double(now.gain->high_ns - now.gain->median_ns), half, 1) << "one row, 330 us for 264";
}

TEST(Price, WhereNoneIsExchangedTheRatioIsOfAllBesideWarmCaches) {
  PriceCase c;
  c.exchange_second(160'000);
  c.alone.own[1] = 0;
  EXPECT_EQ(c.priced().rows[1].estimated_ns, 160'000) << "nothing says what kernels take in a step";
  EXPECT_NEAR(double(c.priced().gain->high_ns - c.priced().gain->median_ns), 2 * std::hypot(0.25, 0.03) * 160'000, 1);
  c.measure_apart();
  EXPECT_EQ(c.priced().rows[1].estimated_ns, 200'000);
}

TEST(Price, OnOneThreadTheRunsOwnTimesOnOneThreadHold) {
  PriceCase c;
  c.measure_apart();
  c.record.threads = 2;
  EXPECT_EQ(c.priced().gain->median_ns, 440'000 - 400'000);
  // The ratio is then of the step on one thread, too: 280 us for 240.
  c.exchange_second(120'000);
  EXPECT_EQ(c.priced().rows[1].estimated_ns, 140'000);
}

TEST(Price, OnOtherThreadsTheRunsKernelsThereHoldWhereTheyWereMeasuredInTurn) {
  PriceCase c;
  c.measure_apart();
  c.record.threads = 2;
  c.alone.own_in_step = {95'000, 285'000}, c.alone.own_step_ns = 418'000, c.alone.run_step_ns = 450'000;
  const Price one = c.priced();
  EXPECT_EQ(one.of_ns, 450'000);
  EXPECT_EQ(one.gain->median_ns, 450'000 - 418'000);
  EXPECT_EQ(one.rows[1].estimated_ns, 285'000);
}

TEST(Price, TwoThreadsHalveWhatIsIndependent) {
  PriceCase c;
  c.record.profile.reset();
  c.other.threads = 2;
  c.other.schedule.stages = {{{{0, 1}}, {{1, 1}}}};
  EXPECT_EQ(c.priced().gain->median_ns, 440'000 - 330'000) << "the longer row is the chain";
}

TEST(Price, RowsInBothAreTheSameCallsOfTheSameKernelAtTheSamePlace) {
  PriceCase c;
  c.other.rows[0].path = "elsewhere";
  EXPECT_EQ(rows_in_both(c.record.rows, c.other.rows), (std::vector<int>{-1, 1}));
  c.other.rows[1].traffic.calls = 2;
  EXPECT_EQ(rows_in_both(c.record.rows, c.other.rows), (std::vector<int>{-1, -1}));
}

}  // namespace
}  // namespace tacho
