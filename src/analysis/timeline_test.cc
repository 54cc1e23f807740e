#include "analysis/timeline.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"

namespace tacho {
namespace {

/// Two threads, two steps: 100 to 200 and 200 to 350.
Ledger two_steps() {
  Ledger ledger;
  ledger.begin(2, 100);
  ledger.record(0).change(120, Account::kernel, 7);
  ledger.record(0).change(120, Account::kernel, 8);  // no length
  ledger.record(0).change(190, Account::sync);
  ledger.record(0).change(240, Account::kernel, 7);
  ledger.record(1).change(150, Account::kernel, 9);
  ledger.end_step(200);
  ledger.end_step(350);
  ledger.close(350);
  return ledger;
}

TEST(Timeline, HasNoGapsAndAgreesWithTheLedger) {
  const Ledger ledger = two_steps();
  for (int64_t step = 0; step < 2; ++step) {
    const auto threads = timeline_of(ledger, step);
    ASSERT_EQ(threads.size(), 2u);
    std::map<std::pair<Account, int32_t>, int64_t> sums;
    for (const auto& intervals : threads) {
      int64_t at = 0;
      for (const TimelineInterval& i : intervals) {
        EXPECT_EQ(i.begin_ns, at);
        EXPECT_GT(i.end_ns, i.begin_ns);
        sums[{i.account, i.node}] += i.end_ns - i.begin_ns;
        at = i.end_ns;
      }
      EXPECT_EQ(at, step == 0 ? 100 : 150);
    }
    for (const LedgerEntry& entry : ledger.entries_of_step(step)) sums[{entry.account, entry.node}] -= entry.ns;
    for (const auto& [key, ns] : sums) EXPECT_EQ(ns, 0) << name_of(key.first) << " " << key.second;
  }
}

TEST(Timeline, AStepBeginsInTheStateOfTheOneBefore) {
  const auto threads = timeline_of(two_steps(), 1);
  ASSERT_EQ(threads[0].size(), 2u);
  EXPECT_EQ(threads[0][0].account, Account::sync);
  EXPECT_EQ(threads[0][0].end_ns, 40);
  ASSERT_EQ(threads[1].size(), 1u);
  EXPECT_EQ(threads[1][0].node, 9);
}

TEST(Timeline, RefusesAStepThatIsNotThere) {
  EXPECT_THROW(timeline_of(two_steps(), 2), Error);
  EXPECT_THROW(timeline_of(two_steps(), -1), Error);
}

}  // namespace
}  // namespace tacho
