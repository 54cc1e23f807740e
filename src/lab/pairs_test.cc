#include "lab/pairs.h"

#include <gtest/gtest.h>

namespace tacho {
namespace {

/// A machine whose threads exchange 80 or, in its other state, 35 GB/s: then both steps take longer, theirs twice as
/// long. A pair takes half a second.
struct MadeUpMachine {
  std::vector<bool> slow;  ///< at each probe; the last one lasts
  size_t probes = 0;
  int64_t now = 0;
  bool is_slow() const { return slow[std::min(probes, slow.size()) - 1]; }
  PairSource source() {
    return {[this] { return int64_t{is_slow() ? 120 : 100}; },
            [this](std::vector<std::vector<int64_t>>& rows) {
              rows.push_back({is_slow() ? 300 : 150});
              return rows.back()[0];
            },
            [this] {
              ++probes;
              now += 500'000'000;
              return is_slow() ? 35e9 : 80e9;
            },
            [this] { return now; }};
  }
};

TEST(VerifyPairs, PairsThatMetTheMachineInAnotherStateAreLeftOut) {
  // The probe behind a pair is the next one's before: two slow ones in a row spoil three pairs, steps and rows.
  MadeUpMachine machine{{false, false, true, true, false, false}};
  const Pairs pairs = measure_pairs(machine.source(), 80e9);
  EXPECT_EQ(pairs.left_out, 3);
  EXPECT_TRUE(pairs.same_state);
  EXPECT_EQ(pairs.steps.size(), 15u);  // of the eighteen it took
  EXPECT_EQ(pairs.steps, std::vector<int64_t>(pairs.steps.size(), 100));
  EXPECT_EQ(pairs.gains, std::vector<int64_t>(pairs.steps.size(), -50));
  EXPECT_EQ(pairs.rows, std::vector<std::vector<int64_t>>(pairs.steps.size(), {150}));
}

TEST(VerifyPairs, TheRunsOwnStateIsTheOneThatCounts) {
  MadeUpMachine machine{{true, true, false, true}};
  const Pairs pairs = measure_pairs(machine.source(), 35e9);
  EXPECT_EQ(pairs.left_out, 2);
  EXPECT_EQ(pairs.steps, std::vector<int64_t>(pairs.steps.size(), 120));
}

TEST(VerifyPairs, WhereThereIsNoOtherStateItsPairsStand) {
  MadeUpMachine machine{{true}};
  const Pairs pairs = measure_pairs(machine.source(), 80e9);
  EXPECT_FALSE(pairs.same_state);
  EXPECT_GE(pairs.steps.size(), 5u);
  EXPECT_EQ(pairs.gains, std::vector<int64_t>(pairs.steps.size(), -180));
  EXPECT_GT(machine.now, int64_t{24'000'000'000});
}

TEST(VerifyPairs, AFewOfTheRunsOwnStateAreWorthMoreThanManyOthers) {
  MadeUpMachine machine{{false, false, true}};
  const Pairs pairs = measure_pairs(machine.source(), 80e9);
  EXPECT_TRUE(pairs.same_state);
  EXPECT_EQ(pairs.steps, std::vector<int64_t>{100});
  EXPECT_GT(pairs.left_out, 20);
}

TEST(VerifyPairs, StopAtFifteenAndNeverBeforeFive) {
  MadeUpMachine machine{{false}};
  PairSource quick = machine.source(), slow = machine.source();
  quick.clock_ns = [] { return int64_t{0}; };
  EXPECT_EQ(measure_pairs(quick, 80e9).steps.size(), 15u);
  slow.clock_ns = [&] { return machine.now += 60'000'000'000; };
  EXPECT_EQ(measure_pairs(slow, 80e9).steps.size(), 5u);
  // One thread exchanges nothing, which is a state, too.
  quick.exchange = [] { return 0.0; };
  EXPECT_EQ(measure_pairs(quick, 0).left_out, 0);
}

}  // namespace
}  // namespace tacho
