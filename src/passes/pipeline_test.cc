#include "passes/pipeline.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "exec/graph_executor.h"
#include "graph/print.h"
#include "graph/verify.h"
#include "ops/add.h"
#include "ops/bias_add.h"
#include "ops/matmul.h"
#include "ops/mul.h"
#include "ops/relu.h"
#include "ops/reshape.h"
#include "ops/sigmoid.h"
#include "ops/sub.h"
#include "ops/sum.h"

namespace tacho {
namespace {

constexpr int64_t kRows = 6, kColumns = 5;

/// A random graph over 6 x 5 values in which duplicates, constants and dead ends are common.
Graph random_graph(uint64_t seed) {
  const Random random(seed);
  uint64_t draw = 0;
  Graph graph;
  const TensorType type{DType::float64, {kRows, kColumns}};
  std::vector<Value> values{graph.input("x", type, InputKind::batch), graph.variable("v", type), graph.splat(type, 0.5),
                            graph.splat(type, 0.5), graph.constant(filled(type, -1.25))};
  const Value w = graph.variable("w", {DType::float64, {kColumns, kColumns}});
  const Value b = graph.variable("b", {DType::float64, {kColumns}});
  for (int i = 0; i < 25; ++i) {
    const Value p = values[random.below(draw++, values.size())], q = values[random.below(draw++, values.size())];
    switch (random.below(draw++, 8)) {
      case 0:
        values.push_back(add(graph, p, q));
        break;
      case 1:
        values.push_back(sub(graph, p, q));
        break;
      case 2:
        values.push_back(relu(graph, p));
        break;
      case 3:
        values.push_back(sigmoid(graph, p));
        break;
      case 4:
        values.push_back(matmul(graph, p, w));
        break;
      case 5:
        values.push_back(relu(graph, bias_add(graph, matmul(graph, p, w), b, {1})));
        break;
      case 6:
        values.push_back(reshape(graph, reshape(graph, p, {kRows * kColumns}), {kRows, kColumns}));
        break;
      case 7:
        values.push_back(mul(graph, sigmoid(graph, p), q));
        break;
    }
  }
  graph.output("last", values.back());
  graph.output("some", values[5 + random.below(draw++, values.size() - 5)]);
  graph.output("sum", sum(graph, values[values.size() - 2], {{0, 1}, false}));
  graph.commit(graph.find("v"), sigmoid(graph, values.back()));
  return graph;
}

std::vector<Tensor> run_pipeline(const Graph& source, bool fusion, Schedule schedule, bool memory_plan, int threads) {
  PlanOptions options;
  options.backends = {&backend_named("reference")};
  options.lanes = 2;
  options.slices = 3;
  options.schedule = schedule;
  options.memory_plan = memory_plan;
  std::vector<std::vector<int>> groups;
  if (fusion)
    for (GroupProposal& proposal : propose_groups(source)) groups.push_back(proposal.nodes);
  VariableStore variables;
  const Random random(99);
  uint64_t draw = 0;
  for (const auto& [name, shape] : std::vector<std::pair<std::string, Shape>>{
           {"v", {kRows, kColumns}}, {"w", {kColumns, kColumns}}, {"b", {kColumns}}}) {
    Tensor t({DType::float64, shape});
    for (int64_t i = 0; i < t.elements(); ++i) t.as<double>()[i] = random.normal(draw++);
    variables[name] = t;
  }
  Tensor x({DType::float64, {kRows, kColumns}});
  for (int64_t i = 0; i < x.elements(); ++i) x.as<double>()[i] = random.normal(draw++);
  Pool pool(threads);
  auto plan = make_plan(source, groups, options);
  for (const Slot& slot : plan->slots)
    if (slot.kind == Slot::variable) {
      EXPECT_TRUE(variables.count(slot.name));
    }
  GraphExecutor executor(source, std::move(plan), pool, variables);
  executor.bind("x", x.view());
  std::vector<Tensor> results;
  for (int step = 0; step < 2; ++step) {
    executor.step();
    for (const char* name : {"last", "some", "sum"}) results.push_back(executor.output(name));
    results.push_back(variables["v"].clone());
  }
  return results;
}

void expect_equal_values(const std::vector<Tensor>& a, const std::vector<Tensor>& b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i)
    for (int64_t k = 0; k < a[i].elements(); ++k)
      ASSERT_EQ(a[i].as<double>()[k], b[i].as<double>()[k]) << what << ", result " << i;
}

TEST(PassesTest, EachPassKeepsWhatRandomGraphsCompute) {
  int removed = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const Graph graph = random_graph(seed);
    const auto expected = run_pipeline(graph, false, Schedule::sequential, false, 1);
    for (const Pass& pass : pipeline()) {
      Graph changed = graph;
      removed += pass.run(changed);
      verify(changed);
      expect_equal_values(expected, run_pipeline(changed, false, Schedule::sequential, false, 1),
                          std::string(pass.name) + ", seed " + std::to_string(seed));
    }
    Graph all = graph;
    run_pipeline(all);
    for (const Schedule schedule : {Schedule::sequential, Schedule::slices})
      for (const bool memory_plan : {false, true})
        for (const bool fusion : {false, true})
          expect_equal_values(expected, run_pipeline(all, fusion, schedule, memory_plan, 2),
                              text_of("all passes, seed ", seed, " schedule ", int(schedule), " memory plan ",
                                      memory_plan, " fusion ", fusion));
  }
  EXPECT_GT(removed, 200) << "the random graphs should give the passes something to do";
}

TEST(PassesTest, DeadCodeAndDuplicatesGo) {
  Graph graph;
  const TensorType type{DType::float32, {2, 3}};
  const Value x = graph.input("x", type, InputKind::batch);
  const Value a = relu(graph, x), b = relu(graph, x);
  sigmoid(graph, a);  // read by nobody
  graph.output("y", add(graph, a, b));
  EXPECT_EQ(merge_common_subexpressions(graph), 1);
  EXPECT_EQ(graph.node(1).removed_by, "common subexpression");
  EXPECT_EQ(remove_dead_code(graph), 1);
  EXPECT_EQ(graph.node(2).removed_by, "dead code");
}

TEST(PassesTest, AGroupIsAProductWithItsBiasAndActivation) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {4, 3}}, InputKind::batch);
  const Value w = graph.variable("w", {DType::float32, {3, 2}}), b = graph.variable("b", {DType::float32, {2}});
  const Value product = matmul(graph, x, w);
  const Value y = relu(graph, bias_add(graph, product, b, {1}));
  graph.output("y", y);
  auto groups = propose_groups(graph);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].nodes, (std::vector<int>{0, 1, 2}));
  graph.output("product", product);  // now somebody else reads it
  EXPECT_TRUE(propose_groups(graph).empty());
}

TEST(GraphTest, TheVerifierNamesTheNode) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {4, 3}}, InputKind::batch);
  const PlaceScope scope(graph, {"fc", Phase::forward});
  const Value a = relu(graph, x);
  graph.output("y", relu(graph, a));
  graph.remove(0, "a pass under test");
  try {
    verify(graph);
    FAIL() << "the second relu reads what was removed";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("fc/relu/forward:2"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("a pass under test"), std::string::npos) << error.what();
  }
}

TEST(GraphTest, PrintsEveryNodeAsTextAndGraphviz) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {4, 3}}, InputKind::batch);
  const PlaceScope scope(graph, {"fc", Phase::forward});
  graph.output("y", matmul(graph, x, graph.variable("w", {DType::float32, {3, 2}})));
  EXPECT_EQ(
      to_text(graph),
      "%2 = matmul(%0 x, %1 w) transpose_a=false transpose_b=false contracted=0 : float32 4x2  # fc/matmul/forward\n"
      "output y = %2\n");
  const std::string dot = to_dot(graph);
  EXPECT_NE(dot.find("digraph"), std::string::npos);
  EXPECT_NE(dot.find("n0 [fillcolor=\"#cfe8ff\", label=\"fc/matmul/forward\"]"), std::string::npos) << dot;
  EXPECT_NE(dot.find("v0 -> n0"), std::string::npos) << dot;
}

}  // namespace
}  // namespace tacho
