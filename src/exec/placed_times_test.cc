// Calls by themselves: every node of very different plans, and what a call goes through.
#include "exec/placed_times.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "nn/builtin.h"
#include "plan/row.h"
#include "train/session.h"

namespace tacho {
namespace {

std::unique_ptr<Plan> plan_by_switches(const std::string& network, int64_t batch,
                                       const std::vector<std::pair<std::string, std::string>>& switches,
                                       bool batch_norm = false) {
  StepOptions options;
  options.network = builtin_network(network);
  if (batch_norm)
    options.network.layers.insert(options.network.layers.begin() + 1, LayerSpec{"batch_norm2d", "bn1", {}, {}});
  options.batch = batch;
  Switches set;
  for (const auto& [name, value] : switches) set_switch(set, name, value);
  options.way = resolve(set);
  return plan_of(options);
}

/// How often a step runs each node.
std::vector<int> runs_of(const Plan& plan) {
  std::vector<int> runs(plan.nodes.size());
  for (const Stage& stage : plan.stages)
    for (const Task& task : stage.tasks)
      for (const Item& item : task.items) ++runs[size_t(item.node)];
  return runs;
}

struct PlacedCase {
  std::string network;
  int64_t batch;
  int threads;
  std::vector<std::pair<std::string, std::string>> switches;
  bool batch_norm = false;

  friend std::ostream& operator<<(std::ostream& out, const PlacedCase& c) {
    out << c.network << ", batch " << c.batch << ", " << c.threads << " threads"
        << (c.batch_norm ? ", normalised" : "");
    for (const auto& [name, value] : c.switches) out << ", " << name << "=" << value;
    return out;
  }
};

class PlacedOnThreads : public ::testing::TestWithParam<PlacedCase> {};

TEST_P(PlacedOnThreads, EveryNodeThatAStepRunsTakesTimeAndNoOtherDoes) {
  const PlacedCase& c = GetParam();
  const std::unique_ptr<Plan> plan = plan_by_switches(c.network, c.batch, c.switches, c.batch_norm);
  std::vector<Tensor> constants;
  for (const PlannedValue& value : plan->values)
    constants.push_back(value.constant.defined() ? value.constant.clone() : Tensor());
  PlacedTimes times(*plan, c.threads);
  const std::vector<int> runs = runs_of(*plan);
  for (int n = 0; n < int(plan->nodes.size()); ++n) {
    EXPECT_EQ(times.ns(n), 0) << "not yet measured";
    times.measure(n);
    const bool runs_there = runs[size_t(n)] > 0 && plan->nodes[size_t(n)].kind != PlannedNode::view;
    EXPECT_EQ(times.ns(n) > 0, runs_there) << plan->nodes[size_t(n)].path;
    EXPECT_GE(times.ns(n), runs_there ? runs[size_t(n)] : 0) << "each call at least one nanosecond";
    const int64_t first = times.ns(n);
    EXPECT_EQ(times.unsure_ns(n), first) << "measured once";
    if (n % 4 != 0) continue;
    times.measure(n);
    EXPECT_LE(times.ns(n), first) << "of two the least";
    EXPECT_GE(times.unsure_ns(n), first - times.ns(n));
  }
  for (size_t v = 0; v < constants.size(); ++v) {
    if (!constants[v].defined()) continue;
    const View before = constants[v].view(), after = plan->values[v].constant.view();
    EXPECT_EQ(std::memcmp(before.data, after.data, size_t(before.bytes())), 0) << "constant " << v;
  }
}

const std::vector<std::pair<std::string, std::string>> kLibraries{{"backend", "onednn,blas,reference"}},
    kGather{{"backend", "blas,gather,reference"}}, kUnfused{{"fusion", "off"}, {"memory-plan", "off"}},
    kOperators{{"schedule", "operators"}}, kSequential{{"schedule", "sequential"}};

INSTANTIATE_TEST_SUITE_P(Plans, PlacedOnThreads,
                         ::testing::Values(PlacedCase{"simplenn-4", 9, 1, {}}, PlacedCase{"simplenn-4", 9, 2, {}},
                                           PlacedCase{"simplenn-4", 9, 3, kUnfused}, PlacedCase{"simplenn-4", 1, 2, {}},
                                           PlacedCase{"simplenn-4", 3, 2, kLibraries},
                                           PlacedCase{"lenet5", 3, 2, kGather}, PlacedCase{"lenet5", 5, 2, kOperators},
                                           PlacedCase{"lenet5", 5, 2, kSequential},
                                           PlacedCase{"simplenn-4", 9, 2, {}, true},
                                           PlacedCase{"simplenn-4", 9, 2, kLibraries, true}),
                         [](const auto& info) { return "Case" + std::to_string(info.index); });

TEST(PlacedTimes, ACallGoesThroughWhatItsTrafficSaysAndItsWorkspace) {
  const std::unique_ptr<Plan> plan = plan_by_switches("simplenn-4", 8, {});
  const std::vector<NodeRow> rows = rows_of(*plan);
  PlanRunner runner(*plan, 1);
  std::vector<std::vector<std::byte>> bound;
  for (size_t s = 0; s < plan->slots.size(); ++s) {
    const TensorType& type = plan->slots[s].type;
    bound.emplace_back(size_t(byte_count(type.shape, type.dtype)));
    runner.bind(int(s), bound.back().data());
  }
  std::vector<int64_t> most(plan->nodes.size());
  for (const Stage& stage : plan->stages)
    for (const Task& task : stage.tasks)
      for (const Item& item : task.items) {
        std::vector<PlanRunner::Touched> touched;
        runner.touched_by(item, 0, touched);
        int64_t bytes = 0;
        std::set<const std::byte*> memory;  // what is overwritten in place is one
        for (const PlanRunner::Touched& part : touched)
          if (memory.insert(part.data).second) bytes += part.bytes;
        most[size_t(item.node)] = std::max(most[size_t(item.node)], bytes);
      }
  int compared = 0;
  for (size_t n = 0; n < plan->nodes.size(); ++n) {
    const PlannedNode& node = plan->nodes[n];
    // What packs read is touched in their form alone, which the other knows.
    if (node.kind != PlannedNode::compute || !node.packs.empty() || node.split_rows > 0 ||
        node.place.phase == Phase::update)
      continue;
    EXPECT_EQ(most[n], rows[n].traffic.working_set_bytes + node.workspace_bytes) << node.path;
    ++compared;
  }
  EXPECT_GT(compared, 5);
}

}  // namespace
}  // namespace tacho
