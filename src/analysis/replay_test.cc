// Schedules with hand-made times and answers computed by hand.
#include "analysis/replay.h"

#include <gtest/gtest.h>

#include "analysis/replay_measured.h"
#include "base/error.h"

namespace tacho {
namespace {

/// Stages of tasks of items, each item's time; item i of the whole plan is node i.
struct HandMade {
  Plan plan;
  ItemTimes times;
};

HandMade hand_made(ItemTimes ns) {
  HandMade made{{}, std::move(ns)};
  int node = 0;
  for (const auto& stage : made.times) {
    made.plan.stages.emplace_back();
    for (const auto& task : stage) {
      made.plan.stages.back().tasks.emplace_back();
      for (size_t i = 0; i < task.size(); ++i)
        made.plan.stages.back().tasks.back().items.push_back({node++, 0, true, {0, 1, 1}});
    }
  }
  made.plan.nodes.resize(size_t(node));
  return made;
}

Replay played(const HandMade& made, int threads, const ReplayCosts& costs = {}) {
  const Replay result = replay(made.plan, made.times, threads, costs);
  int64_t sum = 0, kernels = 0, items = 0;
  for (const ReplayedThread& t : result.threads) {
    sum += t.kernel_ns + t.dispatch_ns + t.sync_ns + t.idle_ns;
    kernels += t.kernel_ns;
  }
  for (const auto& stage : made.times)
    for (const auto& task : stage)
      for (int64_t ns : task) items += ns;
  EXPECT_EQ(sum, threads * result.wall_ns) << "threads x wall = the sum of the accounts";
  EXPECT_EQ(kernels, items) << "every item once";
  return result;
}

void expect_thread(const Replay& result, size_t thread, const ReplayedThread& expected) {
  SCOPED_TRACE(thread);
  EXPECT_EQ(result.threads[thread].kernel_ns, expected.kernel_ns);
  EXPECT_EQ(result.threads[thread].dispatch_ns, expected.dispatch_ns);
  EXPECT_EQ(result.threads[thread].sync_ns, expected.sync_ns);
  EXPECT_EQ(result.threads[thread].idle_ns, expected.idle_ns);
}

/// "stage.task" of the chain, in order.
std::string chain_of(const Replay& result) {
  std::string text;
  for (const ReplayedTask& run : result.chain) text += std::to_string(run.stage) + "." + std::to_string(run.task) + " ";
  return text;
}

TEST(Replay, StagesEndWithTheirLongestTask) {
  const Replay result = played(hand_made({{{100, 20}, {70}}, {{30}, {50}}}), 2);
  EXPECT_EQ(result.wall_ns, 120 + 50);
  expect_thread(result, 0, {150, 0, 20, 0});
  expect_thread(result, 1, {120, 0, 50, 0});
  EXPECT_EQ(chain_of(result), "0.0 1.1 ");
  EXPECT_EQ(result.chain[1].begin_ns, 120);
  EXPECT_EQ(result.chain[1].end_ns, 170);
}

TEST(Replay, CostsGoToTheAccountsThatTheLedgerHasForThem) {
  const ReplayCosts costs{.before_ns = 7, .after_ns = 5, .dispatch_ns = 10, .barrier_ns = 3, .item_ns = 1};
  const Replay result = played(hand_made({{{100, 20}, {70}}, {{30}, {50}}}), 2, costs);
  // 7 + 10, then 1 + 100 + 1 + 20 (thread 1: 1 + 70, waits 51), barrier 3, then 1 + 50 (thread 0: 1 + 30, waits 20), 5.
  EXPECT_EQ(result.wall_ns, 7 + 10 + 122 + 3 + 51 + 5);
  expect_thread(result, 0, {150, 7 + 10 + 2 + 3 + 1 + 5, 20, 0});
  expect_thread(result, 1, {120, 10 + 1 + 3 + 1, 51, 7 + 5});
}

TEST(Replay, AnEmptyRunCostsWhatTheMachinesLatenciesSay) {
  const HandMade made = hand_made({{{}, {}}, {{}, {}}, {{}, {}}});  // lanes that have no slice
  EXPECT_EQ(played(made, 2, {.dispatch_ns = 900, .barrier_ns = 40}).wall_ns, 900 + 2 * 40);
  EXPECT_EQ(played(hand_made(ItemTimes{}), 2, {.before_ns = 2, .dispatch_ns = 900}).wall_ns, 2) << "nothing to run";
}

TEST(Replay, MoreLanesThanThreadsAreTakenInOrder) {
  // Thread 0 runs 50 and 10 (until 60), thread 1 runs 40 and 30 (until 70); the fifth goes to thread 0.
  const Replay result = played(hand_made({{{50}, {40}, {30}, {10}, {25}}}), 2);
  EXPECT_EQ(result.wall_ns, 85);
  expect_thread(result, 0, {50 + 10 + 25, 0, 0, 0});
  expect_thread(result, 1, {40 + 30, 0, 15, 0});
  EXPECT_EQ(chain_of(result), "0.0 0.3 0.4 ");
  EXPECT_EQ(played(hand_made({{{50}, {40}, {30}, {10}, {25}}}), 1).wall_ns, 155);
}

TEST(Replay, MoreThreadsThanLanesWait) {
  const Replay result = played(hand_made({{{50}}, {{20}, {10}}}), 3);
  EXPECT_EQ(result.wall_ns, 70);
  expect_thread(result, 0, {70, 0, 0, 0});
  expect_thread(result, 1, {10, 0, 60, 0});
  expect_thread(result, 2, {0, 0, 70, 0});
}

TEST(Replay, AStageWithoutTasksHasNoBarrier) {
  const Replay result = played(hand_made({{}, {{50}}, {}, {{20}}, {}}), 2, {.dispatch_ns = 5, .barrier_ns = 100});
  EXPECT_EQ(result.wall_ns, 5 + 50 + 100 + 20);
  EXPECT_EQ(chain_of(result), "1.0 3.0 ");
}

/// Tasks 0 and 1 may begin; 2 follows 0, 3 follows both 1 and 2.
HandMade diamond(std::vector<int64_t> ns) {
  HandMade made = hand_made({{{ns[0]}, {ns[1]}, {ns[2]}, {ns[3]}}});
  made.plan.successors = {{2}, {3}, {3}, {}};
  return made;
}

TEST(Replay, TasksOfAGraphBeginWhenTheirPredecessorsAreOver) {
  const Replay result = played(diamond({10, 50, 20, 5}), 2);
  // 0 and 2 on thread 0 until 30, then it waits; 1 on thread 1 until 50, which takes 3.
  EXPECT_EQ(result.wall_ns, 55);
  expect_thread(result, 0, {30, 0, 25, 0});
  expect_thread(result, 1, {55, 0, 0, 0});
  EXPECT_EQ(chain_of(result), "0.1 0.3 ");
  EXPECT_EQ(played(diamond({10, 50, 20, 5}), 1).wall_ns, 85);
}

TEST(Replay, AWaitingThreadOfAGraphWakesAfterTheBarriersLatency) {
  HandMade fork = hand_made({{{10}, {30}, {40}, {15}}});  // 1, 2 and 3 follow 0
  fork.plan.successors = {{1, 2, 3}, {}, {}, {}};
  const Replay result = played(fork, 2, {.barrier_ns = 4});
  // Thread 1 looks at 0 and waits; at 10 thread 0 takes 1 at once (until 40), thread 1 takes 2 at 14 (until 54);
  // thread 0 takes 3 at 40 and ends at 55.
  EXPECT_EQ(result.wall_ns, 55);
  expect_thread(result, 0, {55, 0, 0, 0});
  expect_thread(result, 1, {40, 4, 10 + 1, 0});
  EXPECT_EQ(chain_of(result), "0.0 0.1 0.3 ");
}

TEST(Replay, AChainCrossesThreadsWhereATaskWaitedForAnother) {
  HandMade made = hand_made({{{10}, {40}, {60}}});  // 2 follows 0 and 1
  made.plan.successors = {{2}, {2}, {}};
  const Replay result = played(made, 2);
  EXPECT_EQ(result.wall_ns, 100);
  EXPECT_EQ(chain_of(result), "0.1 0.2 ");
}

TEST(Replay, RefusesTimesThatAreNotThePlans) {
  HandMade made = hand_made({{{10}, {40}}});
  made.times[0].pop_back();
  EXPECT_THROW(replay(made.plan, made.times, 2), Error);
  made.times = {{{10}, {40, 1}}};
  EXPECT_THROW(replay(made.plan, made.times, 2), Error);
  EXPECT_THROW(replay(made.plan, {{{10}, {40}}}, 0), Error);
  EXPECT_THROW(replay(made.plan, {{{10}, {40}}}, 1, {.barrier_ns = -1}), Error);
  EXPECT_THROW(item_times(made.plan, [](const Item&) { return -1; }), Error);
}

TEST(ItemTimes, ANodesTimeIsSharedOutBySlicesToTheNanosecond) {
  Plan plan;
  plan.nodes.resize(1);
  plan.stages.resize(1);
  for (int64_t s = 0; s < 3; ++s)  // slices of 4, 4 and 2 of 10 examples
    plan.stages[0].tasks.push_back({{{0, int(s), true, {4 * s, s < 2 ? 4 : 2, 10}}}});
  const ItemTimes times = item_times_of_nodes(plan, {101});
  EXPECT_EQ(times[0][0][0], 40);
  EXPECT_EQ(times[0][1][0], 40);
  EXPECT_EQ(times[0][2][0], 21);
  EXPECT_THROW(item_times_of_nodes(plan, {1, 2}), Error);
}

/// A ledger of one step on two threads: lanes of nodes 0 and 1, then node 2 alone.
TEST(MeasuredStep, ReadsTheLanesByWhoBeganFirst) {
  Plan plan;
  plan.nodes.resize(3);
  plan.stages.resize(2);
  for (int lane = 0; lane < 2; ++lane)
    plan.stages[0].tasks.push_back({{{0, lane, true, {lane, 1, 2}}, {1, lane, true, {lane, 1, 2}}}});
  plan.stages[1].tasks.push_back({{{2, 0, true, {0, 1, 1}}}});
  Ledger ledger;
  ledger.begin(2, 1000);
  // Thread 1 took the first lane.
  ledger.record(1).change(1090, Account::dispatch);
  ledger.record(1).change(1100, Account::kernel, 0);
  ledger.record(1).change(1130, Account::dispatch);
  ledger.record(1).change(1132, Account::kernel, 1);
  ledger.record(1).change(1150, Account::sync);
  ledger.record(1).change(1205, Account::idle);
  ledger.record(0).change(1104, Account::kernel, 0);
  ledger.record(0).change(1150, Account::dispatch);
  ledger.record(0).change(1154, Account::kernel, 1);
  ledger.record(0).change(1160, Account::dispatch);
  ledger.record(0).change(1170, Account::kernel, 2);
  ledger.record(0).change(1200, Account::dispatch);
  ledger.end_step(1210);
  ledger.close(1210);
  const MeasuredStep step = measured_step(plan, ledger, 0);
  EXPECT_EQ(step.wall_ns, 210);
  EXPECT_EQ(step.times, (ItemTimes{{{30, 18}, {46, 6}}, {{30}}}));
  EXPECT_EQ(step.costs.item_ns, 3) << "2 and 4 between the kernels of a task";
  EXPECT_EQ(step.costs.before_ns, 100 - 3);
  EXPECT_EQ(step.costs.barrier_ns, 10 - 3);
  EXPECT_EQ(step.costs.after_ns, 10);
  // 97, then 3 + 46 + 3 + 6 on the longer lane, 7 + 3 + 30, 10.
  EXPECT_EQ(replay(plan, step.times, 2, step.costs).wall_ns, 97 + 58 + 40 + 10);

  plan.stages[1].tasks[0].items[0].node = 1;
  EXPECT_THROW(measured_step(plan, ledger, 0), Error) << "another plan's ledger";
}

/// Without stages: the chain of nodes 1 and 2 follows node 0, but node 3, ready before it, was taken first.
TEST(MeasuredStep, FindsTheTasksOfAGraphWhereverTheyRan) {
  Plan plan;
  plan.nodes.resize(4);
  plan.stages.resize(1);
  const auto item = [](int node) { return Item{node, 0, true, {0, 1, 1}}; };
  plan.stages[0].tasks = {{{item(0)}}, {{item(1), item(2)}}, {{item(3)}}};
  plan.successors = {{1}, {}, {}};
  Ledger ledger;
  ledger.begin(1, 0);
  for (const auto& [at, node] : {std::pair{10, 0}, std::pair{30, 3}, std::pair{80, 1}, std::pair{110, 2}}) {
    ledger.record(0).change(at, Account::kernel, node);
    ledger.record(0).change(at + 10 * (node + 1), Account::dispatch);
  }
  ledger.end_step(150);
  ledger.close(150);
  EXPECT_EQ(measured_step(plan, ledger, 0).times, (ItemTimes{{{10}, {20, 30}, {40}}}));
}

}  // namespace
}  // namespace tacho
