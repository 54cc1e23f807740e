#include "plan/slicing.h"

#include <gtest/gtest.h>

#include <set>

#include "nn/builtin.h"
#include "ops/bias_add.h"
#include "ops/matmul.h"
#include "ops/mean.h"
#include "ops/relu.h"
#include "ops/reshape.h"
#include "ops/sum.h"
#include "ops/transpose.h"
#include "passes/pipeline.h"
#include "plan/plan.h"
#include "train/session.h"

namespace tacho {
namespace {

Graph training_graph(NetworkSpec network, int64_t batch) {
  StepOptions options;
  options.network = std::move(network);
  options.batch = batch;
  options.way = resolve({});
  Graph graph = source_graph(options);
  run_pipeline(graph);
  return graph;
}

std::set<int> segments(const Graph& graph, const Slicing& slicing) {
  std::set<int> orders;
  for (int n = 0; n < graph.node_count(); ++n)
    if (graph.node(n).alive() && slicing.nodes[size_t(n)].sliced) orders.insert(slicing.nodes[size_t(n)].order);
  return orders;
}

TEST(SlicingTest, SimpleNNIsOneSegmentThroughForwardAndBackward) {
  const Graph graph = training_graph(builtin_network("simplenn-4"), 8);
  const Slicing slicing = analyze_slicing(graph);
  EXPECT_EQ(slicing.batch, 8);
  EXPECT_EQ(segments(graph, slicing), std::set<int>{1});
  for (int n = 0; n < graph.node_count(); ++n) {
    if (!graph.node(n).alive()) continue;
    EXPECT_TRUE(slicing.nodes[size_t(n)].refusal.empty()) << graph.path(n) << ": " << slicing.nodes[size_t(n)].refusal;
    if (graph.node(n).place.phase == Phase::update) {
      EXPECT_FALSE(slicing.nodes[size_t(n)].sliced) << graph.path(n);
      EXPECT_EQ(slicing.nodes[size_t(n)].order, 2) << graph.path(n);
    }
  }
}

TEST(SlicingTest, BatchStatisticsEndASegmentInEachDirection) {
  NetworkSpec network = builtin_network("simplenn-4");
  network.layers.insert(network.layers.begin() + 1, LayerSpec{"batch_norm2d", "bn1", {}, {}});
  const Graph graph = training_graph(network, 8);
  const Slicing slicing = analyze_slicing(graph);
  // Forward: conv1 and the statistics; then everything from the normalisation to its own parameters' gradients; then
  // what reads those.
  EXPECT_EQ(segments(graph, slicing), (std::set<int>{1, 3, 5}));
  for (int n = 0; n < graph.node_count(); ++n) {
    if (!graph.node(n).alive()) continue;
    const std::string_view op = graph.node(n).op->name;
    const NodeSlicing& node = slicing.nodes[size_t(n)];
    if (op == "batch_norm_statistics") {
      EXPECT_EQ(node.order, 1);
    }
    if (op == "batch_norm") {
      EXPECT_EQ(node.order, 3);
    }
    if (op == "batch_norm_backward_parameters") {
      EXPECT_EQ(node.order, 3);
    }
    if (op == "batch_norm_statistics_backward") {
      EXPECT_EQ(node.order, 5);
    }
  }
}

TEST(SlicingTest, FlatteningBatchAndSequenceAndBackStaysSliced) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {6, 5, 4}}, InputKind::batch);
  const Value w = graph.variable("w", {DType::float32, {4, 3}});
  const Value flat = reshape(graph, x, {30, 4});
  const Value product = matmul(graph, flat, w);
  const Value back = reshape(graph, product, {6, 5, 3});
  graph.output("y", relu(graph, back));
  const Slicing slicing = analyze_slicing(graph);
  EXPECT_EQ(slicing.batch, 6);
  for (const NodeSlicing& node : slicing.nodes) EXPECT_TRUE(node.sliced && node.order == 1) << node.refusal;
  EXPECT_EQ(slicing.values[size_t(flat.id)].rows, 5);
  EXPECT_EQ(slicing.values[size_t(back.id)].rows, 1);
}

TEST(SlicingTest, WhatCannotBeSlicedRunsWholeWithItsReason) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {6, 4}}, InputKind::batch);
  const Value y = relu(graph, x);
  const Value t = transpose(graph, y, {1, 0});  // the batch is no longer outermost
  const Value z = relu(graph, t);
  graph.output("z", z);
  const Slicing slicing = analyze_slicing(graph);
  EXPECT_TRUE(slicing.nodes[0].sliced);
  EXPECT_FALSE(slicing.nodes[1].sliced);
  EXPECT_FALSE(slicing.nodes[1].refusal.empty());
  EXPECT_EQ(slicing.nodes[1].order, 2);
  EXPECT_EQ(slicing.nodes[2].order, 2);
}

TEST(SlicingTest, APartialThatASlicedNodeReadsMovesItToTheNextSegment) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {6, 4}}, InputKind::batch);
  const Value column_sums = sum(graph, x, {{0}, false});
  const Value y = bias_add(graph, x, column_sums, {1});
  graph.output("y", y);
  graph.output("m", mean(graph, y, {{0, 1}, false}));
  const Slicing slicing = analyze_slicing(graph);
  EXPECT_EQ(slicing.nodes[0].order, 1);
  EXPECT_EQ(slicing.nodes[0].outputs[0].kind, SliceState::partial);
  EXPECT_EQ(slicing.nodes[1].order, 3);
  EXPECT_EQ(slicing.nodes[2].order, 3);
  EXPECT_EQ(slicing.values[size_t(column_sums.id)].order, 2);
}

}  // namespace
}  // namespace tacho
