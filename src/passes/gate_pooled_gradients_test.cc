#include <gtest/gtest.h>

#include "base/random.h"
#include "exec/graph_executor.h"
#include "graph/verify.h"
#include "ops/max_pool2d.h"
#include "ops/max_pool2d_backward.h"
#include "ops/relu.h"
#include "ops/relu_backward.h"
#include "passes/pipeline.h"

namespace tacho {
namespace {

constexpr int64_t kSize = 7;

/// relu and an overlapping max pooling, forward and backward. `outside`: somebody else reads the unpooled gradient.
Graph pooled_graph(const MaxPool2dAttributes& window, bool outside) {
  Graph graph;
  const TensorType type{DType::float64, {3, 2, kSize, kSize}};
  const Value x = graph.input("x", type, InputKind::batch);
  const Value y = relu(graph, x);
  const MaxPool2d pool = max_pool2d(graph, y, window);
  const Value gradient = graph.input("gradient", graph.type(pool.y), InputKind::batch);
  const Value unpooled = max_pool2d_backward(graph, gradient, pool.index, {window, {kSize, kSize}});
  graph.output("pooled", pool.y);
  graph.output("gx", relu_backward(graph, unpooled, y));
  if (outside) graph.output("unpooled", unpooled);
  return graph;
}

std::vector<double> gradient_of(const Graph& graph) {
  PlanOptions options;
  options.backends = {&backend_named("reference")};
  VariableStore variables;
  Pool pool(1);
  GraphExecutor executor(graph, make_plan(graph, {}, options), pool, variables);
  const Random random(5);
  Tensor x(graph.type(graph.find("x"))), gradient(graph.type(graph.find("gradient")));
  for (int64_t i = 0; i < x.elements(); ++i) x.as<double>()[i] = random.normal(uint64_t(i));
  for (int64_t i = 0; i < gradient.elements(); ++i) gradient.as<double>()[i] = random.normal(uint64_t(1000 + i));
  executor.bind("x", x.view());
  executor.bind("gradient", gradient.view());
  executor.step();
  const Tensor gx = executor.output("gx");
  return {gx.as<double>(), gx.as<double>() + gx.elements()};
}

TEST(GatePooledGradients, GradientIsTheSameToTheBitAndTheUnpooledImageIsNotRead) {
  for (const MaxPool2dAttributes& window : {MaxPool2dAttributes{}, MaxPool2dAttributes{{3, 3}, {2, 2}, {1, 1, 1, 1}},
                                            MaxPool2dAttributes{{3, 2}, {1, 1}}}) {
    const Graph before = pooled_graph(window, false);
    Graph after = before;
    ASSERT_EQ(gate_pooled_gradients(after), 1);
    verify(after);
    EXPECT_EQ(gradient_of(before), gradient_of(after));
    EXPECT_EQ(count_uses(after)[size_t(after.node(0).outputs[0].id)], 1) << "relu's result is read by its pooling only";
    // Each node stands for the source node of its own path.
    for (int n = 0; n < after.node_count(); ++n) EXPECT_EQ(after.path(n), before.path(after.source(n)));
    EXPECT_EQ(gate_pooled_gradients(after), 0) << "nothing is left to do";
  }
}

TEST(GatePooledGradients, LeavesAGradientThatOthersRead) {
  Graph graph = pooled_graph({}, true);
  EXPECT_EQ(gate_pooled_gradients(graph), 0);
}

}  // namespace
}  // namespace tacho
