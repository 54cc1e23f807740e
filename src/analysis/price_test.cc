#include "analysis/price.h"

#include <gtest/gtest.h>

#include "tests/support/made_up_run.h"

namespace tacho {
namespace {

/// One thread, rows of 100 and 300 us whose kernels take 80 and 240 us alone, one after the other; the step is 440 us.
/// Each reads 1 MB.
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
    other = {record.rows, record.schedule, 1, {false, false}};
    alone = {{0, 0}, {0, 0}};
  }
  void measure_apart() {
    record.apart.emplace();
    record.apart->alone_ns = {80'000, 240'000};
    record.apart->one_thread_quicker_ns = {90'000, 280'000};
    record.apart->one_thread_quicker_step_ns = 400'000;
    record.apart->accounts_ns.assign(size_t(kAccounts), 0);
  }
  /// The second row by another kernel, which takes so long alone where the first one takes 240 us.
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

TEST(Price, AnotherKernelTakesItsTimeAloneAndWhatItsBytesCostTheOneInWhosePlaceItIs) {
  PriceCase c;
  c.exchange_second(160'000);
  const Price other = c.priced();
  ASSERT_TRUE(other.gain) << other.unpriced;
  // The one before took 60 us longer than alone for its megabyte, and the step is 1.1 of its kernels: (300 - 220) x
  // 1.1 saved.
  EXPECT_EQ(other.gain->median_ns, 88'000);
  ASSERT_EQ(other.rows.size(), 2u);
  EXPECT_EQ(other.rows[0].alone_ns, 0) << "it stands in both";
  EXPECT_EQ(other.rows[0].estimated_ns, 100'000);
  EXPECT_EQ(other.rows[1].alone_ns, 160'000);
  EXPECT_EQ(other.rows[1].estimated_ns, 220'000);
  EXPECT_LT(other.gain->low_ns, 88'000);
}

TEST(Price, ASlowKernelPaysNoMoreForItsBytesThanAFastOne) {
  PriceCase c;
  c.exchange_second(2'400'000);
  EXPECT_EQ(c.priced().rows[1].estimated_ns, 2'460'000);
  c.other.rows[1].traffic.bytes_written = 3'000'000;
  EXPECT_EQ(c.priced().rows[1].estimated_ns, 2'640'000) << "four times the bytes";
}

TEST(Price, BytesCostWhatTheyCostRowsThatTouchAsMuch) {
  PriceCase c;
  c.record.rows[0].traffic.working_set_bytes = 1 << 15;
  c.other.rows = c.record.rows;
  for (NodeRow& row : c.other.rows) row.kernel_name = "slower";
  c.alone = {{80'000, 240'000}, {500'000, 500'000}};
  const Price other = c.priced();
  // The small row took 20 us longer than alone, the large one 60.
  EXPECT_NEAR(double(other.rows[0].estimated_ns), 520'000, 1'000);
  EXPECT_NEAR(double(other.rows[1].estimated_ns), 560'000, 1'000);
}

TEST(Price, CallsThatTouchLittleCostWhatTheyCostTheRunBesideTheirBytes) {
  PriceCase c;
  // Ten calls of 200 bytes took 20 us longer than alone, one of 1 MB took 60.
  c.record.rows[0].traffic = {10, 2000, 0, 200};
  c.other.rows = c.record.rows;
  for (NodeRow& row : c.other.rows) row.kernel_name = "slower";
  c.alone = {{80'000, 240'000}, {500'000, 500'000}};
  c.other.rows[0].traffic = {5, 1000, 0, 200};
  const Price other = c.priced();
  EXPECT_NEAR(double(other.rows[0].estimated_ns), 510'000, 500) << "2 us a call";
  EXPECT_NEAR(double(other.rows[1].estimated_ns), 560'000, 500) << "2 us for the call, 58 for its megabyte";
  c.other.rows[1].traffic = {20, 2'000'000, 0, 100'000};
  EXPECT_NEAR(double(c.priced().rows[1].estimated_ns), 500'000 + 20 * 2'000 + 2 * 58'000, 2'000);
  // Of packs and joins it is known what they touch.
  c.other.rows[1].traffic = {2, 0, 0, 500'000};
  EXPECT_NEAR(double(c.priced().rows[1].estimated_ns), 500'000 + 2 * 2'000 + 58'000, 500);
}

TEST(Price, WhatTheMachineDoesMeanwhileMeetsBothSides) {
  PriceCase c;
  c.exchange_second(160'000);
  c.alone.own[1] *= 2, c.alone.other[1] *= 2;
  EXPECT_EQ(c.priced().rows[1].estimated_ns, 200'000);
}

TEST(Price, KernelsOfAnotherKindTakeTheirOwnRatio) {
  PriceCase c;
  c.measure_apart();
  c.exchange_second(160'000);
  // Only the row before is of the rest's kind, and nothing says what products take: as alone, to a quarter.
  c.other.products[1] = true;
  const Price other = c.priced();
  EXPECT_EQ(other.rows[1].estimated_ns, 160'000);
  EXPECT_EQ(other.gain->high_ns - other.gain->median_ns, 2 * 160'000 / 4);
}

TEST(Price, OnOneThreadTheRunsOwnTimesOnOneThreadHold) {
  PriceCase c;
  c.measure_apart();
  c.record.threads = 2;
  EXPECT_EQ(c.priced().gain->median_ns, 440'000 - 400'000);
  // What bytes cost is then of the step on one thread, too: 280 us less 240 us.
  c.exchange_second(120'000);
  EXPECT_EQ(c.priced().rows[1].estimated_ns, 160'000);
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
