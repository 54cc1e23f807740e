// A convolution with the normalisation behind it as one convolution: what it computes, when, and what it stands for.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>

#include "base/random.h"
#include "nn/builtin.h"
#include "nn/network_writer.h"
#include "passes/pipeline.h"
#include "plan/row.h"
#include "train/session.h"

namespace tacho {
namespace {

/// Convolutions with and without bias, in groups, behind a residual connection; a normalisation behind none.
NetworkSpec network() {
  NetworkSpec network{"folded", {3, 9, 7}, 4, {}};
  NetworkWriter w(network);
  const auto whole = [](int64_t value) { return FieldValue(value); };
  w.add("batch_norm2d", "bn0");
  w.add("conv2d", "conv1", {{"out_channels", whole(8)}, {"kernel", whole(3)}, {"padding", whole(1)}});
  w.add("batch_norm2d", "bn1");
  const std::string first = w.add("relu", "relu1");
  w.conv("conv2", {.channels = 8, .padding = 1, .groups = 2});
  const std::string second = w.add("batch_norm2d", "bn2", {{"eps", 1e-3}});
  w.add("add", "sum", {}, {second, first});
  w.add("relu", "relu2");
  w.flatten();
  w.linear("fc", network.classes);
  return network;
}

StepOptions inference_of(const char* dtype, const char* fusion, StepKind kind = StepKind::inference) {
  StepOptions options;
  options.network = network();
  options.batch = 5;
  options.kind = kind;
  Switches switches;
  set_switch(switches, "dtype", dtype);
  set_switch(switches, "fusion", fusion);
  set_switch(switches, "tune", "off");
  set_switch(switches, "threads", "2");
  options.way = resolve(switches);
  return options;
}

template <class T>
void fill_normal(Tensor& tensor, uint64_t stream, bool positive) {
  const Random random(stream);
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    const double x = random.normal(uint64_t(i));
    tensor.as<T>()[i] = T(positive ? 0.1 + x * x : x);
  }
}

/// As after a training: no statistics are as they began.
VariableStore trained(const StepOptions& options, uint64_t seed) {
  VariableStore variables = initial_variables(options, seed);
  for (auto& [name, tensor] : variables) {
    if (name.rfind("bn", 0) != 0) continue;
    const bool positive = name.find("running_var") != std::string::npos;
    const uint64_t stream = seed + std::hash<std::string>()(name);
    if (tensor.type().dtype == DType::float64) fill_normal<double>(tensor, stream, positive);
    else if (tensor.type().dtype == DType::float32) fill_normal<float>(tensor, stream, positive);
  }
  return variables;
}

template <class T>
std::vector<double> outputs_of(Session& session, const StepOptions& options) {
  Tensor x({options.way.dtype, {options.batch, 3, 9, 7}});
  fill_normal<T>(x, 17, false);
  session.run(x.view(), {}, 0, 0);
  const Tensor y = session.outputs();
  return {y.as<T>(), y.as<T>() + y.elements()};
}

double worst_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double worst = 0, largest = 0;
  for (size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, std::fabs(a[i] - b[i])), largest = std::max(largest, std::fabs(b[i]));
  return worst / largest;
}

template <class T>
void expect_same_outputs(const char* dtype, double tolerance) {
  const StepOptions folded = inference_of(dtype, "on"), apart = inference_of(dtype, "off");
  Pool pool(2);
  VariableStore variables = trained(folded, 1), same = trained(apart, 1);
  Session one(folded, pool, variables), other(apart, pool, same);
  const std::vector<double> before = outputs_of<T>(one, folded);
  ASSERT_EQ(before.size(), 20u);
  EXPECT_LE(worst_difference(before, outputs_of<T>(other, apart)), tolerance);
  // Other variables: what was made of the former ones is made anew.
  const VariableStore changed = trained(folded, 2);
  for (VariableStore* store : {&variables, &same})
    for (auto& [name, tensor] : *store)
      std::memcpy(tensor.view().data, changed.at(name).view().data, size_t(tensor.view().bytes()));
  one.executor().variables_changed();
  other.executor().variables_changed();
  const std::vector<double> after = outputs_of<T>(one, folded);
  EXPECT_GT(worst_difference(after, before), 1e-3);
  EXPECT_LE(worst_difference(after, outputs_of<T>(other, apart)), tolerance);
}

TEST(FoldNormalization, ComputesTheSame) {
  expect_same_outputs<double>("float64", 1e-12);
  expect_same_outputs<float>("float32", 1e-4);
}

TEST(FoldNormalization, NormalisesNothingInTheStep) {
  Graph source;
  const auto plan = plan_of(inference_of("float32", "on"), &source);
  std::map<std::string, int> normalisations;  // by layer, in the step
  for (const Stage& stage : plan->stages)
    for (const Task& task : stage.tasks)
      for (const Item& item : task.items)
        for (int member : plan->nodes[size_t(item.node)].members)
          if (plan->graph.node(member).op->name == "batch_norm") ++normalisations[plan->graph.node(member).place.layer];
  EXPECT_EQ(normalisations.size(), 1u) << "only the first layer's, which follows no convolution";
  EXPECT_EQ(normalisations.count("bn0"), 1u);
  // Each node of the network is in one row at most, and those of the normalisations are in a convolution's or have one.
  std::vector<int> rows_with(size_t(source.node_count()));
  for (const NodeRow& row : rows_of(*plan))
    for (int member : row.members) ++rows_with.at(size_t(member));
  for (int n = 0; n < source.node_count(); ++n) {
    EXPECT_LE(rows_with[size_t(n)], 1) << source.path(n);
    if (source.node(n).op->name == "batch_norm") {
      EXPECT_EQ(rows_with[size_t(n)], 1) << source.path(n);
    }
  }
}

TEST(FoldNormalization, LeavesStepsThatTrainAlone) {
  Graph graph = source_graph(inference_of("float32", "on", StepKind::train));
  const int nodes = graph.node_count();
  EXPECT_EQ(fold_normalization(graph), 0);
  EXPECT_EQ(graph.node_count(), nodes);
}

TEST(FoldNormalization, FoldsWhatFollowsAConvolution) {
  Graph graph = source_graph(inference_of("float32", "off"));
  EXPECT_EQ(fold_normalization(graph), 2);
}

}  // namespace
}  // namespace tacho
