// Gradients that their readers make anew: chosen by time, each source node in one row, the same results.
#include <gtest/gtest.h>

#include <set>

#include "exec/graph_executor.h"
#include "nn/builtin.h"
#include "passes/pipeline.h"
#include "plan/kernel_times.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"
#include "train/session.h"

namespace tacho {
namespace {

/// Kernels that make a gradient anew take next to no time, or more than all others together.
class TimesOfGates final : public KernelTimes {
 public:
  explicit TimesOfGates(bool anew) : anew_(anew) {}
  int64_t ns(const KernelCall& call, const std::string&) override {
    if (call.kind != KernelCall::run) return 1;
    size_t chain = 0;
    for (const GroupMember& member : call.group->members) {
      if (!member.op->has(Trait::elementwise) && member.op->name != "max_pool2d_backward") break;
      chain += member.op->name.ends_with("_backward");
    }
    if (chain == 0) return 1000;
    return (chain < call.group->members.size()) == anew_ ? 1 : 1'000'000;
  }

 private:
  bool anew_;
};

StepOptions gated_step(const NetworkSpec& network) {
  StepOptions step;
  step.network = network;
  step.batch = 4;
  Switches switches;
  set_switch(switches, "backend", "simd,reference");
  step.way = resolve(switches);
  return step;
}

StepOptions gated_step(const char* network, const Shape& image) { return gated_step(builtin_network(network, image)); }

/// Dense layers with a dropout behind each activation, so that no product's end takes the activation's gradient.
NetworkSpec dense_network() {
  return {"dense",
          {1, 6, 7},
          10,
          {{"flatten", "flatten", {}, {}},
           {"linear", "fc1", {}, {{"out_features", int64_t{37}}}},
           {"silu", "silu", {}, {}},
           {"dropout", "dropout1", {}, {{"rate", 0.25}}},
           {"linear", "fc2", {}, {{"out_features", int64_t{19}}}},
           {"relu", "relu", {}, {}},
           {"dropout", "dropout2", {}, {{"rate", 0.25}}},
           {"linear", "fc3", {}, {{"out_features", int64_t{10}}}}}};
}

std::unique_ptr<Plan> plan_with(const StepOptions& step, KernelTimes* times, const KernelChoices& choices = {}) {
  Graph graph = source_graph(step);
  run_pipeline(graph);
  std::vector<std::vector<int>> groups;
  for (GroupProposal& proposal : propose_groups(graph)) groups.push_back(std::move(proposal.nodes));
  PlanOptions options = plan_options(step.way);
  options.tuning = nullptr;
  options.times = times;
  options.choices = choices;
  options.lanes = 2;
  return make_plan(std::move(graph), groups, options);
}

/// How many nodes make a gradient anew.
int made_anew(const Plan& plan) {
  int count = 0;
  for (const PlannedNode& node : plan.nodes)
    if (node.kind == PlannedNode::compute && node.group.members.size() > node.members.size()) ++count;
  return count;
}

void expect_each_node_in_one_row(const Plan& plan) {
  std::set<int> seen;
  for (const PlannedNode& node : plan.nodes)
    for (int member : node.members) EXPECT_TRUE(seen.insert(member).second) << node.path;
  for (int n = 0; n < plan.graph.node_count(); ++n)
    EXPECT_EQ(seen.count(n) > 0, plan.graph.node(n).alive()) << plan.graph.path(n);
}

/// All variables after two steps.
VariableStore variables_after(const StepOptions& step, std::unique_ptr<Plan> plan, int threads) {
  VariableStore variables = initial_variables(step, 3);
  Graph source = source_graph(step);
  Pool pool(threads);
  std::vector<Tensor> inputs;
  const Plan* made = plan.get();
  GraphExecutor executor(source, std::move(plan), pool, variables);
  for (const Slot& slot : made->slots) {
    if (slot.kind != Slot::input) continue;
    inputs.push_back(support::filled(slot.type, {Fill::index, 10, 0.01}, 5));
    executor.bind(slot.name, inputs.back().view());
  }
  for (int i = 0; i < 2; ++i) executor.step();
  return variables;
}

TEST(Recompute, IsChosenByTimeAndSaysWhatRuns) {
  for (const auto& [network, image] :
       {std::pair<const char*, Shape>{"resnet18", {3, 16, 16}}, {"simplenn-4", {1, 24, 24}}}) {
    const StepOptions step = gated_step(network, image);
    TimesOfGates cheap(true), dear(false);
    const auto anew = plan_with(step, &cheap), stored = plan_with(step, &dear), by_order = plan_with(step, nullptr);
    EXPECT_GE(made_anew(*anew), 2) << network;
    EXPECT_EQ(made_anew(*stored), 0) << network;
    EXPECT_EQ(made_anew(*by_order), 0) << network;
    for (const Plan* plan : {anew.get(), stored.get()}) expect_each_node_in_one_row(*plan);
    // The choices that a checkpoint keeps are taken again, without times.
    for (const Plan* plan : {anew.get(), stored.get()})
      EXPECT_EQ(fingerprint_of(*plan_with(step, nullptr, choices_of(*plan))), fingerprint_of(*plan)) << network;
  }
}

TEST(Recompute, AGradientThatNobodyReadsIsNotMade) {
  const StepOptions step = gated_step("resnet18", {3, 16, 16});
  TimesOfGates cheap(true);
  const auto plan = plan_with(step, &cheap);
  int never_kept = 0;
  for (int n = 0; n < plan->graph.node_count(); ++n) {
    const GraphNode& node = plan->graph.node(n);
    if (!node.alive() || node.op->name != "relu_backward") continue;
    int writers = 0, readers = 0;
    for (const PlannedNode& planned : plan->nodes) {
      for (const OperandUse& use : planned.outputs) writers += use.value == node.outputs[0].id;
      for (const OperandUse& use : planned.inputs) readers += use.value == node.outputs[0].id;
    }
    never_kept += writers == 0;
    EXPECT_LE(writers, 1) << plan->graph.path(n);
    EXPECT_TRUE(writers > 0 || readers == 0) << plan->graph.path(n);
  }
  EXPECT_GE(never_kept, 8) << "of a basic block's two gates the inner one is read by batch normalisation alone";
}

/// "silu_backward+matmul" of each planned node that makes a gradient anew.
std::multiset<std::string> kernels_anew(const Plan& plan) {
  std::multiset<std::string> names;
  for (const PlannedNode& node : plan.nodes)
    if (node.kind == PlannedNode::compute && node.group.members.size() > node.members.size())
      names.insert(node.kernel_name);
  return names;
}

TEST(Recompute, ProductsOfDenseLayersAreAskedToo) {
  const StepOptions step = gated_step(dense_network());
  TimesOfGates cheap(true), dear(false);
  const auto anew = plan_with(step, &cheap), stored = plan_with(step, &dear);
  const std::multiset<std::string> names = kernels_anew(*anew);
  EXPECT_EQ(names.count("silu_backward+matmul"), 1u) << "the images have no gradient";
  EXPECT_EQ(names.count("relu_backward+matmul"), 2u);
  EXPECT_TRUE(kernels_anew(*stored).empty());
  EXPECT_EQ(fingerprint_of(*plan_with(step, nullptr, choices_of(*anew))), fingerprint_of(*anew));
  for (const Plan* plan : {anew.get(), stored.get()}) expect_each_node_in_one_row(*plan);
}

TEST(RecomputeThreads, ResultsAreTheSame) {
  for (const StepOptions& step :
       {gated_step("resnet18", {3, 16, 16}), gated_step("simplenn-4", {1, 24, 24}), gated_step(dense_network())}) {
    const std::string& network = step.network.name;
    TimesOfGates cheap(true), dear(false);
    const VariableStore one = variables_after(step, plan_with(step, &cheap), 1),
                        two = variables_after(step, plan_with(step, &cheap), 2),
                        stored = variables_after(step, plan_with(step, &dear), 2);
    for (const auto& [name, value] : stored) {
      EXPECT_TRUE(support::same_bits(one.at(name), two.at(name))) << network << " " << name;
      EXPECT_LE(support::relative_difference(one.at(name), value), 1e-5) << network << " " << name;
    }
  }
}

/// One example is not sliced; its gradients may be made anew all the same.
TEST(RecomputeThreads, OneExampleChoosesByTimeToo) {
  StepOptions step = gated_step("simplenn-4", {1, 24, 24});
  step.batch = 1;
  TimesOfGates cheap(true), dear(false);
  const auto anew = plan_with(step, &cheap), stored = plan_with(step, &dear);
  ASSERT_TRUE(anew->branches);
  EXPECT_GE(made_anew(*anew), 2);
  EXPECT_EQ(made_anew(*stored), 0);
  expect_each_node_in_one_row(*anew);
  EXPECT_EQ(fingerprint_of(*plan_with(step, nullptr, choices_of(*anew))), fingerprint_of(*anew));
  const VariableStore one = variables_after(step, plan_with(step, &cheap), 1),
                      two = variables_after(step, plan_with(step, &cheap), 2),
                      kept = variables_after(step, plan_with(step, &dear), 2);
  for (const auto& [name, value] : kept) {
    EXPECT_TRUE(support::same_bits(one.at(name), two.at(name))) << name;
    EXPECT_LE(support::relative_difference(one.at(name), value), 1e-5) << name;
  }
}

}  // namespace
}  // namespace tacho
