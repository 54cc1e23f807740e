// Floors by hand: every ceiling is a round number.
#include "analysis/floors.h"

#include <gtest/gtest.h>

#include "analysis/render_json.h"
#include "analysis/render_text.h"
#include "tests/support/made_up_run.h"

namespace tacho {
namespace {

NodeRow row_of(const Tally& executed, int64_t read, int64_t written, int64_t working_set) {
  NodeRow row;
  row.executed.tally = executed;
  row.traffic = {1, read, written, working_set};
  return row;
}

TEST(Floors, AMultiplyAddIsOneAndTheRestByItsFewestInstructions) {
  EXPECT_EQ(multiply_adds({.mul = 100, .add = 90}), 100);
  EXPECT_EQ(multiply_adds({.mul = 90, .add = 100}), 100);
  EXPECT_EQ(multiply_adds({.div = 3, .cmp = 5, .transcendental = 2, .move = 1000, .padding_mul = 7}), 12 + 5 + 16);
}

TEST(Floors, TheLargerOfArithmeticAndBytes) {
  const MachineProfile profile = made_up_profile();  // 2 FLOP a nanosecond; L1 100, L2 50, memory 10 bytes a nanosecond
  const Floor products = floor_of(row_of({.mul = 5000, .add = 4000}, 600, 400, 900), profile, 1);
  EXPECT_EQ(products.arithmetic_ns, 5000);
  EXPECT_EQ(products.bytes_ns, 10);
  EXPECT_EQ(products.ns(), 5000);
  EXPECT_EQ(products.bound_by, "arithmetic");
  EXPECT_EQ(products.level, "L1");
  const Floor copy = floor_of(row_of({.move = 1000000}, 4000, 4000, 8000), profile, 1);
  EXPECT_EQ(copy.arithmetic_ns, 0);
  EXPECT_EQ(copy.ns(), 160) << "8000 bytes do not fit 1000: at 50 a nanosecond";
  EXPECT_EQ(copy.bound_by, "L2");
  EXPECT_EQ(floor_of(row_of({}, 1 << 20, 0, 1 << 20), profile, 1).bound_by, "memory");
  EXPECT_EQ(floor_of(row_of({}, 0, 0, 0), profile, 1).ns(), 0);
  EXPECT_EQ(floor_of(row_of({}, 0, 0, 0), profile, 1).bound_by, "");
}

TEST(Floors, SeveralThreadsHaveAPartOfTheirCommonCeiling) {
  const MachineProfile profile = made_up_profile();  // two threads: 3 FLOP a nanosecond, memory 10 bytes, as one
  EXPECT_EQ(floor_of(row_of({.mul = 3000}, 0, 0, 0), profile, 2).ns(), 4000);
  EXPECT_EQ(floor_of(row_of({}, 1 << 20, 0, 1 << 20), profile, 2).bytes_ns, 209715) << "half of 10 bytes each";
}

TEST(Floors, ADtypeWithoutACeilingLeavesTheBytes) {
  NodeRow row = row_of({.mul = 5000}, 600, 400, 900);
  row.dtype = "float64";
  const Floor floor = floor_of(row, made_up_profile(), 1);
  EXPECT_EQ(floor.arithmetic_ns, 0);
  EXPECT_EQ(floor.bound_by, "L1");
}

TEST(Floors, OfAStepAreItsChainOrItsSum) {
  RunRecord record = made_up_run(3);
  for (NodeRow& row : record.rows) row.executed.tally.mul = 10;
  const int64_t rows = int64_t(record.rows.size());
  record.profile = made_up_profile();
  const auto one_task = [](int row) { return std::vector<ScheduledCall>{{row, 1}}; };
  // All at once: the sum over two threads at their common rate.
  record.schedule.stages.emplace_back();
  for (int r = 0; r < rows; ++r) record.schedule.stages[0].push_back(one_task(r));
  Report report = make_report(record);
  EXPECT_EQ(report.step.floor_thread_ns, 10 * rows);
  EXPECT_EQ(report.step.floor_chain_ns, 10);
  EXPECT_EQ(report.step.floor_sum_ns, report.step.shared_thread_ns / 2);
  EXPECT_EQ(report.step.floor_ns, report.step.floor_sum_ns);
  // One behind the other: the chain.
  record.schedule = {};
  for (int r = 0; r < rows; ++r) record.schedule.stages.push_back({one_task(r)});
  report = make_report(record);
  EXPECT_EQ(report.step.floor_chain_ns, 10 * rows);
  EXPECT_EQ(report.step.floor_ns, 10 * rows);
  EXPECT_DOUBLE_EQ(report.step.hfu, 10.0 * double(rows) / (3.0 * double(report.step.median_ns)));
  EXPECT_DOUBLE_EQ(report.step.mfu, double(report.step.flop) / (3.0 * double(report.step.median_ns)));
}

TEST(Floors, OneThatIsTooLongIsReportedAndNotClipped) {
  RunRecord record = made_up_run(3);
  record.profile = made_up_profile();
  record.rows[0].executed.tally.mul = 100000;  // 100 us in a row that took 0.1
  const Report report = make_report(record);
  const Operation& wrong = report.operations[0];
  EXPECT_EQ(wrong.floor_ns, 100000);
  EXPECT_EQ(wrong.room_ns, wrong.median_ns - 100000);
  const std::string text = render_text(report);
  const size_t at = text.find("Above 100 % of the floor");
  ASSERT_NE(at, std::string::npos) << text;
  EXPECT_NE(text.find(wrong.label, at), std::string::npos);
  const Json json = to_json(report);
  EXPECT_EQ(json["operations"][0]["floor_ns"], 100000);
  EXPECT_LT(json["operations"][0]["room_ns"].get<int64_t>(), 0);
  EXPECT_EQ(json["operations"][0]["bound_by"], "arithmetic");
}

TEST(Floors, WithoutAProfileThereAreNone) {
  const RunRecord record = made_up_run(3);
  const Report report = make_report(record);
  EXPECT_FALSE(report.has_floors());
  const Json json = to_json(report);
  EXPECT_FALSE(json["step"].contains("floor_ns"));
  EXPECT_FALSE(json["operations"][0].contains("floor_ns"));
  EXPECT_EQ(render_text(report).find("floor"), std::string::npos);
}

}  // namespace
}  // namespace tacho
