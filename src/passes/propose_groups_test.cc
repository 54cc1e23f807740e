#include <gtest/gtest.h>

#include <set>

#include "nn/builtin.h"
#include "ops/matmul.h"
#include "ops/mul.h"
#include "ops/relu.h"
#include "passes/pipeline.h"
#include "train/session.h"

namespace tacho {
namespace {

TEST(ProposeGroups, EveryNodeIsInAtMostOneGroupAndInExecutionOrder) {
  for (const char* name : {"simplenn-4", "resnet18", "mobilenet-v2", "densenet-121"}) {
    StepOptions options;
    options.network = builtin_network(name);
    options.batch = 2;
    options.way = resolve({});
    Graph graph = source_graph(options);
    run_pipeline(graph);
    std::set<int> seen;
    size_t normalizations = 0;
    for (const GroupProposal& proposal : propose_groups(graph)) {
      ASSERT_GT(proposal.nodes.size(), 1u);
      for (size_t i = 0; i < proposal.nodes.size(); ++i) {
        const int node = proposal.nodes[i];
        EXPECT_TRUE(graph.node(node).alive());
        EXPECT_TRUE(seen.insert(node).second) << name << ": " << graph.path(node) << " is in two groups";
        if (i > 0) {
          EXPECT_LT(proposal.nodes[i - 1], node);
        }
      }
      normalizations += graph.node(proposal.nodes[0]).op->name.starts_with("batch_norm");
    }
    if (std::string(name) != "simplenn-4") {
      EXPECT_GT(normalizations, 20u) << name;
    }
  }
}

/// "matmul+bias_add+relu" of each proposal of this network's training step.
std::multiset<std::string> proposed(const char* network) {
  StepOptions options;
  options.network = builtin_network(network);
  options.batch = 2;
  options.way = resolve({});
  Graph graph = source_graph(options);
  run_pipeline(graph);
  std::multiset<std::string> names;
  for (const GroupProposal& proposal : propose_groups(graph)) {
    std::string name;
    for (const int node : proposal.nodes) name += (name.empty() ? "" : "+") + std::string(graph.node(node).op->name);
    names.insert(name);
  }
  return names;
}

TEST(ProposeGroups, AnActivationsGradientFollowsTheProductThatMakesItsOperand) {
  // Three layers: the gradients of the two activations between follow the products behind them.
  const std::multiset<std::string> mlp = proposed("mlp");
  EXPECT_EQ(mlp.count("matmul+relu_backward"), 2u);
  EXPECT_EQ(mlp.count("matmul+bias_add+relu"), 2u);
  // lenet5: between its linear layers as well; convolutions take none.
  const std::multiset<std::string> lenet5 = proposed("lenet5");
  EXPECT_EQ(lenet5.count("matmul+tanh_backward"), 2u);
  for (const std::string& name : lenet5)
    EXPECT_FALSE(name.starts_with("conv2d") && name.find("_backward+") != std::string::npos) << name;
}

TEST(ProposeGroups, Relu6FollowsTheNormalizationSinceItsGradientReadsItsResult) {
  const std::multiset<std::string> mobilenet = proposed("mobilenet-v2");
  EXPECT_EQ(mobilenet.count("batch_norm+clip"), 35u) << "stem, 16 expansions, 17 depthwise convolutions and head";
}

TEST(ProposeGroups, OneNumberScalesAProductAndATensorDoesNot) {
  Graph graph;
  const auto type = [](Shape shape) { return TensorType{DType::float32, std::move(shape)}; };
  const Value x = graph.input("x", type({4, 5}), InputKind::batch),
              full = graph.input("f", type({4, 6}), InputKind::batch);
  const Value w = graph.variable("w", type({5, 6})), half = graph.variable("half", type({1}));
  const Value scaled = mul(graph, half, matmul(graph, x, w));
  graph.output("a", relu(graph, scaled));
  graph.output("b", mul(graph, matmul(graph, x, w), full));
  const std::vector<GroupProposal> proposals = propose_groups(graph);
  ASSERT_EQ(proposals.size(), 1u);
  EXPECT_EQ(proposals[0].nodes.size(), 3u);
  EXPECT_EQ(graph.node(proposals[0].nodes[1]).op->name, "mul");
}

}  // namespace
}  // namespace tacho
