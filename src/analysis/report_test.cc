// Reports of a made-up run: every number is known.
#include "analysis/report.h"

#include <gtest/gtest.h>

#include <sstream>

#include "analysis/render_json.h"
#include "analysis/render_text.h"
#include "tests/support/made_up_run.h"

namespace tacho {
namespace {

TEST(Report, EverySourceNodeIsInExactlyOneRow) {
  const RunRecord record = made_up_run(3);
  const Report report = make_report(record);
  std::map<std::string, int> rows;
  for (const Operation& operation : report.operations)
    for (const std::string& member : operation.members) ++rows[member];
  EXPECT_EQ(int(rows.size()), record.source.node_count());
  for (const auto& [node, times] : rows) EXPECT_EQ(times, 1) << node;
}

TEST(Report, ANodeInTwoRowsIsAnError) {
  RunRecord record = made_up_run(3);
  record.rows[1].members.push_back(record.rows[0].anchor);
  EXPECT_THROW(make_report(record), Error);
}

TEST(Report, SharesCloseAndTimesAreTheLedgers) {
  const RunRecord record = made_up_run(5);
  const Report report = make_report(record);
  double theory = 0, time = 0;
  int64_t work = 0, ns = 0, kernels = 0, all = 0;
  std::map<Phase, double> of_phase;
  for (const Operation& operation : report.operations) {
    theory += operation.theory_share, time += operation.time_share;
    work += operation.work, ns += operation.time_ns;
    of_phase[operation.phase] += operation.share_of_phase;
  }
  for (const LedgerEntry& entry : report.entries) {
    all += entry.ns;
    if (entry.account == Account::kernel) kernels += entry.ns;
    else time += double(entry.ns) / double(record.ledger.wall_ns() * 2);
  }
  EXPECT_EQ(all, record.ledger.wall_ns() * 2);
  EXPECT_EQ(ns, kernels);
  EXPECT_EQ(work, report.step.work);
  EXPECT_NEAR(theory, 1, 1e-12);
  EXPECT_NEAR(time, 1, 1e-12);
  for (const auto& [phase, share] : of_phase)
    EXPECT_NEAR(share, report.phases.at(phase).time_ns > 0 ? 1 : 0, 1e-12) << name_of(phase);
}

TEST(Report, FusedRowsSumTheirMembersAndCarryTheirNames) {
  const RunRecord record = made_up_run(3);
  const Report report = make_report(record);
  const auto fc1 = std::find_if(report.operations.begin(), report.operations.end(),
                                [](const Operation& o) { return o.node == "fc1/matmul/forward"; });
  ASSERT_NE(fc1, report.operations.end());
  EXPECT_EQ(fc1->label, "fc1 +b");
  EXPECT_EQ(fc1->count.mul, 4 * 256 * 784);
  EXPECT_EQ(fc1->count.add, 4 * 256 * 783 + 4 * 256);
  EXPECT_EQ(fc1->work, 4 * 256 * 784 + 4 * 256) << "work is summed per node, never taken from summed counts";
  EXPECT_EQ(fc1->products_work, 4 * 256 * 784);
  // External operands only: images, weights, bias in; one result out.
  EXPECT_EQ(fc1->bytes_read, 4 * (4 * 784 + 256 * 784 + 256));
  EXPECT_EQ(fc1->bytes_written, 4 * 4 * 256);
}

TEST(Report, RowsOfThePlanAloneRequireNothing) {
  const RunRecord record = made_up_run(3);
  const Report report = make_report(record);
  const Operation& combine = report.operations[record.rows.size() - 1];
  EXPECT_EQ(combine.work, 0);
  EXPECT_EQ(combine.count, Tally{});
  EXPECT_GT(combine.time_ns, 0);
  EXPECT_TRUE(combine.label.ends_with(" combine")) << combine.label;
  const Operation& removed = report.operations.back();
  EXPECT_EQ(removed.op, "mean");
  EXPECT_EQ(removed.time_ns, 0);
  EXPECT_FALSE(removed.executed_row);
  EXPECT_GT(removed.work, 0);
}

TEST(Report, PrintsTheMedianStepAndItsSums) {
  const RunRecord record = made_up_run(5);
  const Report report = make_report(record);
  const int64_t rows = int64_t(record.rows.size());
  int64_t ns = 0;
  for (const Operation& operation : report.operations) ns += operation.step_ns;
  // The third of five steps, each longer than the one before.
  EXPECT_EQ(report.step.median_step, 2);
  EXPECT_EQ(ns, 100 * rows * (rows + 1) / 2 + 14 * rows);
  EXPECT_EQ(report.step.median_ns, ns + 10 * rows + 50);
}

TEST(Report, LayersSplitAllWork) {
  const RunRecord record = made_up_run(3);
  const Report report = make_report(record);
  int64_t work = 0, ns = 0, all_ns = 0;
  for (const LayerRow& layer : report.layers) {
    work += layer.products_work + layer.rest_work + layer.update_work;
    ns += layer.products_ns + layer.rest_ns + layer.update_ns;
  }
  for (const Operation& operation : report.operations) all_ns += operation.time_ns;
  EXPECT_EQ(work, report.step.work);
  EXPECT_EQ(ns, all_ns);
  EXPECT_EQ(report.layers[0].layer, "fc1");
  EXPECT_EQ(report.layers[0].channels, 784);
}

TEST(Report, FitsEightyColumnsAndItsPercentagesClose) {
  const RunRecord record = made_up_run(5);
  const std::string text = render_text(make_report(record));
  std::istringstream lines(text);
  int lines_seen = 0;
  for (std::string line; std::getline(lines, line); ++lines_seen) EXPECT_LE(width_of(line), 80u) << line;
  EXPECT_GT(lines_seen, 40);
  EXPECT_NE(text.find("100.00 100.0"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "colour only when asked";
}

TEST(Report, ALedgerThatDoesNotCloseIsAnError) {
  RunRecord record = made_up_run(3);
  record.ledger.record(0).change(record.ledger.begin_ns() + 1, Account::idle);  // time runs backwards
  EXPECT_THROW(make_report(record), Error);
}

}  // namespace
}  // namespace tacho
