// Which nodes of a plan are measured as one.
#include "lab/exchanged.h"

#include <gtest/gtest.h>

#include "nn/builtin.h"
#include "train/session.h"

namespace tacho {
namespace {

std::unique_ptr<Plan> plan_by(const std::string& network, const char* backend) {
  StepOptions options;
  options.network = builtin_network(network);
  options.batch = 4;
  Switches switches;
  set_switch(switches, "backend", backend);
  set_switch(switches, "convolution", "direct");
  set_switch(switches, "tune", "off");
  options.way = resolve(switches);
  return plan_of(options);
}

std::string operands_of(const Plan& plan, const PlannedNode& node) {
  std::string text;
  for (const auto* uses : {&node.inputs, &node.outputs})
    for (const OperandUse& use : *uses)
      if (use.value >= 0) text += to_string(plan.values[size_t(use.value)].type) + ", ";
  return text;
}

TEST(Exchanged, AlikeNodesAreTheSameKernelOnTheSameShapesAndEachNodeIsInOneGroup) {
  for (const char* backend : {"reference", "simd"}) {
    const std::unique_ptr<Plan> plan = plan_by("resnet18", backend);
    const auto groups = alike_nodes(*plan, std::vector<bool>(plan->nodes.size(), true));
    std::vector<int> times(plan->nodes.size());
    for (const std::vector<size_t>& group : groups)
      for (size_t n : group) {
        ++times[n];
        const PlannedNode &node = plan->nodes[n], &first = plan->nodes[group[0]];
        EXPECT_EQ(node.kernel_name, first.kernel_name) << node.path;
        EXPECT_EQ(node.op, first.op) << node.path;
        EXPECT_EQ(operands_of(*plan, node), operands_of(*plan, first)) << node.path << " beside " << first.path;
      }
    for (size_t n = 0; n < times.size(); ++n) EXPECT_EQ(times[n], 1) << plan->nodes[n].path;
    EXPECT_LT(groups.size() * 2, plan->nodes.size()) << "resnet18 repeats its blocks";
  }
}

TEST(Exchanged, LayersThatDifferInAnAttributeOrAShapeAreNotAlike) {
  const std::unique_ptr<Plan> plan = plan_by("simplenn-4", "reference");  // no two layers of it are the same
  std::vector<bool> forward(plan->nodes.size());
  for (size_t n = 0; n < forward.size(); ++n) forward[n] = plan->nodes[n].op == "conv2d";
  const auto groups = alike_nodes(*plan, forward);
  EXPECT_EQ(groups.size(), 3u);
  for (const std::vector<size_t>& group : groups) EXPECT_EQ(group.size(), 1u) << plan->nodes[group[0]].path;
}

TEST(Exchanged, NodesThatAreNotWantedAreInNoGroup) {
  const std::unique_ptr<Plan> plan = plan_by("mlp", "reference");
  EXPECT_TRUE(alike_nodes(*plan, std::vector<bool>(plan->nodes.size())).empty());
}

}  // namespace
}  // namespace tacho
