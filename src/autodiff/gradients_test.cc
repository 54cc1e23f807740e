#include "autodiff/gradients.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "exec/graph_executor.h"
#include "graph/graph.h"
#include "nn/builtin.h"
#include "op/op_def.h"
#include "ops/add.h"
#include "ops/batch_norm.h"
#include "ops/batch_norm_statistics.h"
#include "ops/conv2d.h"
#include "ops/matmul.h"
#include "ops/max_pool2d.h"
#include "ops/mean.h"
#include "ops/mul.h"
#include "ops/reshape.h"
#include "ops/sgd_update.h"
#include "ops/sigmoid.h"
#include "ops/silu.h"
#include "ops/softmax_cross_entropy.h"
#include "ops/sum.h"
#include "train/session.h"

namespace tacho {
namespace {

/// Runs a graph of float64 variables and returns its outputs by name.
std::map<std::string, Tensor> run_graph(const Graph& graph, const VariableStore& values) {
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

/// Standard normal numbers for variables of these names and shapes.
VariableStore random_values(const std::map<std::string, Shape>& shapes) {
  VariableStore values;
  const Random random(5);
  uint64_t draw = 0;
  for (const auto& [name, shape] : shapes) {
    Tensor& tensor = values[name] = Tensor({DType::float64, shape});
    for (int64_t i = 0; i < tensor.elements(); ++i) tensor.as<double>()[i] = random.normal(draw++);
  }
  return values;
}

/// Each variable's gradient is the graph's output of its name; compares it with differences of the output "loss".
void expect_gradients(const Graph& graph, VariableStore values, double tolerance) {
  const auto at = run_graph(graph, values);
  for (auto& [name, tensor] : values)
    for (int64_t i = 0; i < tensor.elements(); ++i) {
      const double h = 1e-6, before = tensor.as<double>()[i];
      tensor.as<double>()[i] = before + h;
      const double up = *run_graph(graph, values)["loss"].as<double>();
      tensor.as<double>()[i] = before - h;
      const double down = *run_graph(graph, values)["loss"].as<double>();
      tensor.as<double>()[i] = before;
      EXPECT_NEAR(at.at(name).as<double>()[i], (up - down) / (2 * h), tolerance) << name << "[" << i << "]";
    }
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
  expect_gradients(graph, random_values({{"a", {2, 3}}, {"b", {3, 3}}}), 1e-8);
}

// A penalty on the gradient, as in training a critic: every rule of a convolutional network is differentiated in turn.
TEST(GradientsTest, OfGradientsOfAConvolutionalNetwork) {
  const std::map<std::string, Shape> shapes{
      {"filters", {3, 2, 3, 3}}, {"scale", {3}}, {"bias", {3}}, {"weights", {12, 4}}};
  const Tensor images = random_values({{"images", {4, 2, 6, 6}}}).begin()->second;
  Graph graph;
  std::map<std::string, Value> variables;
  for (const auto& [name, shape] : shapes) variables[name] = graph.variable(name, {DType::float64, shape});
  const Value convolved = conv2d(graph, graph.constant(images), variables["filters"], {});
  const BatchNormStatistics of_batch = batch_norm_statistics(graph, convolved);
  const Value normalised =
      batch_norm(graph, convolved, variables["scale"], variables["bias"], of_batch.mean, of_batch.variance);
  const Value pooled = max_pool2d(graph, silu(graph, normalised), {}).y;
  const Value logits = matmul(graph, reshape(graph, pooled, {4, 12}), variables["weights"]);
  const Value labels = graph.constant(Tensor::of<int64_t>({4}, {0, 3, 1, 1}));
  const Value loss = mean(graph, softmax_cross_entropy(graph, logits, labels).loss, {{0}});
  std::vector<Value> wanted;
  for (const auto& [name, value] : variables) wanted.push_back(value);
  Value penalty = loss;
  for (Value gradient : gradients(graph, graph, loss, wanted)) {
    ASSERT_TRUE(gradient);
    penalty = add(graph, penalty, sum(graph, mul(graph, gradient, gradient), {}));
  }
  const std::vector<Value> second = gradients(graph, graph, penalty, wanted);
  graph.output("loss", penalty);
  size_t next = 0;
  for (const auto& [name, value] : variables) graph.output(name, second[next++]);
  expect_gradients(graph, random_values(shapes), 1e-6);
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
  const Value step = sgd_update(graph, a, graph.variable("slope", type), graph.splat({DType::float64, {}}, 0.1));
  const Value y = sum(graph, step, {{0, 1}, false});
  const Value wanted[] = {a};
  try {
    gradients(graph, graph, y, wanted);
    FAIL() << "an update has no gradient";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("[sgd_update] in layer 'odd'"), std::string::npos) << error.what();
  }
}

TEST(GradientsTest, ALossMustBeAScalar) {
  Graph graph;
  const Value a = graph.variable("a", {DType::float64, {2, 3}});
  const Value wanted[] = {a};
  EXPECT_THROW(gradients(graph, graph, a, wanted), Error);
  EXPECT_THROW(gradients(graph, graph, graph.splat({DType::int64, {}}, 1), wanted), Error);
}

}  // namespace
}  // namespace tacho
