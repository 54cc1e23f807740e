#include "analysis/fused.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "analysis/render_json.h"
#include "analysis/why/step_samples.h"
#include "tests/support/made_up_run.h"

namespace tacho {
namespace {

SourceNode fused_member(NodeKind kind, const char* op, int64_t work, int64_t read, int64_t written) {
  SourceNode node;
  node.kind = kind, node.op = op, node.work = work, node.bytes_read = read, node.bytes_written = written;
  return node;
}
NodeRow row_of_members(std::vector<int> members) {
  NodeRow row;
  row.op = "anchor", row.anchor = members[0], row.members = std::move(members);
  return row;
}

TEST(FusedRows, WithoutAProductTimeIsDividedByBytes) {
  // relu's gradient reads two maps and writes one; the pooling's reads one of a quarter, and places, and writes one.
  const std::vector<SourceNode> nodes = {fused_member(NodeKind::activation, "relu_backward", 400, 3200, 1600),
                                         fused_member(NodeKind::pooling, "max_pool2d_backward", 300, 800, 1600),
                                         fused_member(NodeKind::other, "reshape", 0, 0, 0)};
  const std::vector<RowPart> parts = parts_of_row(row_of_members({0, 1, 2}), nodes);
  ASSERT_EQ(parts.size(), 2u) << "a view has no part";
  EXPECT_EQ(parts[0].weight, 4800);
  EXPECT_EQ(parts[1].weight, 2400);
  EXPECT_EQ(divide(parts, 1000), (std::vector<int64_t>{667, 333})) << "the largest remainder is rounded up";
  EXPECT_EQ(divide(parts, 1), (std::vector<int64_t>{1, 0}));
}

TEST(FusedRows, WithAProductByWorkAndMembersOfAKindTogether) {
  const std::vector<SourceNode> nodes = {fused_member(NodeKind::product, "conv2d", 96'000, 100, 100),
                                         fused_member(NodeKind::bias, "bias_add", 1'000, 9'000, 9'000),
                                         fused_member(NodeKind::activation, "relu", 2'000, 9'000, 9'000),
                                         fused_member(NodeKind::activation, "relu", 1'000, 9'000, 9'000)};
  const std::vector<RowPart> parts = parts_of_row(row_of_members({0, 1, 2, 3}), nodes);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(divide(parts, 100), (std::vector<int64_t>{96, 1, 3}));
  // Vgg's counts times an hour in nanoseconds do not fit 64 bits.
  EXPECT_EQ(divide({{NodeKind::product, "a", 40'000'000'000'000, 0}, {NodeKind::bias, "b", 1, 0}}, 3'600'000'000'000),
            (std::vector<int64_t>{3'600'000'000'000, 0}));
}

TEST(FusedRows, WhatWeighsNothingIsItsAnchors) {
  const std::vector<SourceNode> nodes = {fused_member(NodeKind::other, "reshape", 0, 0, 0)};
  const std::vector<RowPart> view = parts_of_row(row_of_members({0}), nodes);
  ASSERT_EQ(view.size(), 1u);
  EXPECT_EQ(view[0].kind, NodeKind::other);
  EXPECT_EQ(divide(view, 7), std::vector<int64_t>{7});
  NodeRow commit;
  commit.op = "commit", commit.place.phase = Phase::update;
  EXPECT_EQ(parts_of_row(commit, nodes).at(0).kind, NodeKind::update);
}

TEST(FusedRows, ReportsSumByKindToTheNanosecond) {
  const RunRecord record = made_up_run(5);
  const Report report = make_report(record);
  const auto fused = [](const Operation& o) { return !o.kinds.empty(); };
  EXPECT_GE(std::count_if(report.operations.begin(), report.operations.end(), fused), 2)
      << "the products with their biases";
  int64_t products = 0;
  for (const Operation& o : report.operations) {
    KindPart sum;
    for (const KindPart& part : o.parts()) {
      sum.work += part.work, sum.time_ns += part.time_ns, sum.median_ns += part.median_ns, sum.step_ns += part.step_ns;
      if (part.kind == NodeKind::product) products += part.time_ns;
    }
    EXPECT_EQ(sum.work, o.work) << o.node;
    EXPECT_EQ(sum.time_ns, o.time_ns) << o.node;
    EXPECT_EQ(sum.median_ns, o.median_ns) << o.node;
    EXPECT_EQ(sum.step_ns, o.step_ns) << o.node;
  }
  int64_t layers = 0, biases = 0;
  for (const LayerRow& layer : report.layers) layers += layer.products_ns;
  EXPECT_EQ(layers, products);
  const Json operations = to_json(report)["operations"];
  for (const Json& o : operations) {
    if (!o.contains("kinds")) continue;
    int64_t sum = 0;
    for (const Json& part : o["kinds"]) sum += part["time_ns"].get<int64_t>(), biases += part["kind"] == "bias";
    EXPECT_EQ(sum, o["time_ns"]);
  }
  EXPECT_GE(biases, 2);
  // Why's samples have them by the same rule, and sum to the step.
  for (const WaySample& sample : step_samples(record)) {
    int64_t sum = 0;
    for (const auto& [part, ns] : sample.parts) sum += ns;
    EXPECT_EQ(sum, sample.ns);
    EXPECT_GT(sample.parts.count({"bias", "bias_add"}), 0u);
  }
}

}  // namespace
}  // namespace tacho
