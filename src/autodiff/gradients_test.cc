#include "autodiff/gradients.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "exec/graph_executor.h"
#include "graph/graph.h"
#include "nn/builtin.h"
#include "op/op_def.h"
#include "ops/add.h"
#include "ops/matmul.h"
#include "ops/mul.h"
#include "ops/prod_backward.h"
#include "ops/sigmoid.h"
#include "ops/sum.h"
#include "train/session.h"

namespace tacho {
namespace {

/// Runs a graph of variables "a" and "b" (2 x 3 and 3 x 3, float64) and returns its outputs by name.
std::map<std::string, Tensor> run(const Graph& graph, const VariableStore& values) {
  PlanOptions options;
  options.backends = {&backend_named("reference")};
  VariableStore own;
  for (const auto& [name, tensor] : values) own[name] = tensor.clone();
  Pool pool(1);
  GraphExecutor executor(graph, make_plan(graph, {}, options), pool, own);
  executor.step();
  std::map<std::string, Tensor> outputs;
  for (const Graph::Output& output : graph.outputs()) outputs[output.name] = executor.output(output.name);
  return outputs;
}

VariableStore random_values() {
  VariableStore values{{"a", Tensor({DType::float64, {2, 3}})}, {"b", Tensor({DType::float64, {3, 3}})}};
  const Random random(5);
  uint64_t draw = 0;
  for (auto& [name, tensor] : values)
    for (int64_t i = 0; i < tensor.elements(); ++i) tensor.as<double>()[i] = random.normal(draw++);
  return values;
}

TEST(GradientsTest, ValuesReadSeveralTimesAccumulate) {
  Graph graph;
  const Value a = graph.variable("a", {DType::float64, {2, 3}}), b = graph.variable("b", {DType::float64, {3, 3}});
  const Value ab = matmul(graph, a, b);
  const Value s = sigmoid(graph, ab);
  // `a` is read by a product, a multiplication and an addition; `s` twice by one multiplication.
  const Value loss = sum(graph, add(graph, mul(graph, s, s), mul(graph, a, ab)), {{0, 1}, false});
  const Value both[] = {a, b};
  const std::vector<Value> gradient = gradients(graph, graph, loss, both);
  graph.output("loss", loss);
  graph.output("a", gradient[0]);
  graph.output("b", gradient[1]);
  VariableStore values = random_values();
  const auto at = run(graph, values);
  for (const char* name : {"a", "b"}) {
    Tensor& tensor = values[name];
    for (int64_t i = 0; i < tensor.elements(); ++i) {
      const double h = 1e-6, before = tensor.as<double>()[i];
      tensor.as<double>()[i] = before + h;
      const double up = *run(graph, values)["loss"].as<double>();
      tensor.as<double>()[i] = before - h;
      const double down = *run(graph, values)["loss"].as<double>();
      tensor.as<double>()[i] = before;
      EXPECT_NEAR(at.at(name).as<double>()[i], (up - down) / (2 * h), 1e-8) << name << "[" << i << "]";
    }
  }
}

TEST(GradientsTest, OnlyWhatReachesAParameterIsEmitted) {
  Graph graph;
  const Value x = graph.input("x", {DType::float64, {2, 3}}, InputKind::batch);
  const Value b = graph.variable("b", {DType::float64, {3, 3}});
  const Value loss = sum(graph, matmul(graph, x, b), {{0, 1}, false});
  const int before = graph.node_count();
  const Value unused = graph.variable("unused", {DType::float64, {2}});
  const Value wanted[] = {b, unused};
  const std::vector<Value> gradient = gradients(graph, graph, loss, wanted);
  EXPECT_TRUE(gradient[0]);
  EXPECT_FALSE(gradient[1]) << "the loss does not depend on it";
  int products = 0;
  for (int n = before; n < graph.node_count(); ++n) {
    EXPECT_EQ(graph.node(n).place.phase, Phase::backward);
    products += graph.node(n).op->name == "matmul";
  }
  EXPECT_EQ(products, 1) << "the input's gradient is not computed";
}

TEST(GradientsTest, AnOperationWithoutGradientIsNamed) {
  Graph graph;
  const TensorType type{DType::float64, {2, 3}};
  const Value a = graph.variable("a", type);
  graph.set_place({"odd", Phase::forward});
  const Value row = graph.variable("row", {DType::float64, {2, 1}});
  const Value y = sum(graph, prod_backward(graph, row, a, {{1}, true}), {{0, 1}, false});
  const Value wanted[] = {a};
  try {
    gradients(graph, graph, y, wanted);
    FAIL() << "prod_backward has no gradient";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("[prod_backward] in layer 'odd'"), std::string::npos) << error.what();
  }
}

TEST(GradientsTest, ALossMustBeAScalar) {
  Graph graph;
  const Value a = graph.variable("a", {DType::float64, {2, 3}});
  const Value wanted[] = {a};
  EXPECT_THROW(gradients(graph, graph, a, wanted), Error);
}

}  // namespace
}  // namespace tacho
