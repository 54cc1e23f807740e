// Bytes of a step's calls, by hand.
#include "plan/row.h"

#include <gtest/gtest.h>

#include "nn/builtin.h"
#include "train/session.h"

namespace tacho {
namespace {

/// Rows of mlp's step at batch 8 in four slices of two on two lanes, all by the reference.
std::vector<NodeRow> rows_of_mlp() {
  StepOptions options;
  options.network = builtin_network("mlp");
  options.batch = 8;
  PlanOptions plan;
  plan.backends = {&backend_named("reference")};
  plan.slices = 4;
  plan.lanes = 2;
  Switches switches;
  set_switch(switches, "backend", "reference");
  options.way = resolve(switches);
  return rows_of(*make_plan(source_graph(options), {}, plan));
}

const NodeRow& named(const std::vector<NodeRow>& rows, const std::string& path) {
  for (const NodeRow& row : rows)
    if (row.path == path) return row;
  fail("no row ", path);
}

TEST(Row, ASliceReadsItsPartAndWholeOperandsWhole) {
  const std::vector<NodeRow> rows = rows_of_mlp();
  const Traffic& product = named(rows, "fc1/matmul/forward").traffic;  // 8x784 by 784x256
  EXPECT_EQ(product.calls, 4);
  EXPECT_EQ(product.bytes_read, 4 * (8 * 784 + 4 * 256 * 784)) << "each slice reads the weights";
  EXPECT_EQ(product.bytes_written, 4 * 8 * 256);
  EXPECT_EQ(product.working_set_bytes, 4 * (2 * 784 + 256 * 784 + 2 * 256));
}

TEST(Row, APartialIsWrittenByEverySliceAndReadByAllButALanesFirst) {
  const std::vector<NodeRow> rows = rows_of_mlp();
  const NodeRow* gradient = nullptr;
  for (const NodeRow& row : rows)
    if (row.op == "matmul" && row.place.layer == "fc1" && row.place.phase == Phase::backward) gradient = &row;
  ASSERT_NE(gradient, nullptr);                                  // of the weights: 8x256 and 8x784 give 256x784
  const int64_t kPartial = gradient->traffic.bytes_written / 4;  // a kernel may round it up
  EXPECT_GE(kPartial, 4 * 256 * 784);
  EXPECT_LE(kPartial, 4 * 256 * 784 + 64);
  EXPECT_EQ(gradient->traffic.calls, 4);
  EXPECT_EQ(gradient->traffic.bytes_read, 4 * 8 * (256 + 784) + 2 * kPartial);
  EXPECT_EQ(gradient->traffic.bytes_written, 4 * kPartial);
  const Traffic& combine = named(rows, gradient->path + ":combine").traffic;
  // 128 rows a lane, in blocks of at most 128 KB: 41 rows of 784 floats.
  EXPECT_EQ(combine.calls, 2 * 4);
  EXPECT_EQ(combine.bytes_read, 2 * kPartial) << "both lanes'";
  EXPECT_EQ(combine.bytes_written, 4 * 256 * 784);
  EXPECT_EQ(combine.working_set_bytes, 2 * kPartial + 4 * 256 * 784) << "it comes from where all of it fits";
}

TEST(Row, CallsAndUnitsOfTheScheduleAreTheRows) {
  StepOptions options;
  options.network = builtin_network("mlp");
  options.batch = 7;
  options.way = resolve({});
  PlanOptions planning;
  planning.backends = {&backend_named("reference")};
  planning.slices = 3;
  planning.lanes = 2;
  const auto plan = make_plan(source_graph(options), {}, planning);
  const std::vector<NodeRow> rows = rows_of(*plan);
  const StepSchedule schedule = schedule_of(*plan, 5);
  std::vector<int64_t> calls(rows.size() + 5), units(rows.size() + 5), ns(rows.size() + 5);
  for (const auto& stage : schedule.stages)
    for (const auto& task : stage)
      for (const ScheduledCall& call : task) ++calls.at(size_t(call.row)), units[size_t(call.row)] += call.units;
  for (size_t r = 0; r < rows.size(); ++r) EXPECT_EQ(calls[r + 5], rows[r].traffic.calls) << rows[r].path;
  const auto product = size_t(&named(rows, "fc1/matmul/forward") - rows.data()) + 5;
  EXPECT_EQ(units[product], 7) << "examples";
  ns[product] = 700;
  int64_t most = 0;  // of one lane
  for (const auto& stage : schedule.stages)
    for (const auto& task : stage) {
      int64_t own = 0;
      for (const ScheduledCall& call : task) own += size_t(call.row) == product ? call.units : 0;
      most = std::max(most, own);
    }
  EXPECT_GE(most, 4);
  EXPECT_LT(most, 7);
  EXPECT_EQ(work_and_span(schedule, ns).work_ns, 700);
  EXPECT_EQ(work_and_span(schedule, ns).span_ns, 100 * most);
}

}  // namespace
}  // namespace tacho
