#include "analysis/report.h"

#include <algorithm>

#include "analysis/findings/finding.h"
#include "analysis/floors.h"
#include "analysis/layers.h"
#include "analysis/operations.h"
#include "analysis/terms.h"

namespace tacho {
namespace {

StepSummary step_summary(const RunRecord& record) {
  const std::vector<int64_t> steps = record.ledger.step_ns();
  if (steps.empty()) fail("report: no step was measured");
  const Summary summary = summarize(steps);
  StepSummary step;
  step.median_ns = summary.median, step.p05_ns = summary.p05, step.p95_ns = summary.p95;
  step.mad_ns = summary.mad, step.min_ns = summary.min;
  step.quicker_ns = quicker_median(steps);
  step.repetitions = summary.samples, step.warmup = record.warmup;
  step.median_step = median_index(steps);
  step.examples_per_s = step.median_ns > 0 ? double(record.batch) * 1e9 / double(step.median_ns) : 0;
  step.build_ns = record.build_ns, step.plan_ns = record.plan_ns;
  return step;
}

void add_parallelism(Report& report) {
  std::vector<int64_t> row_ns;
  for (size_t r = 0; r < report.record->rows.size(); ++r) row_ns.push_back(report.operations[r].step_ns);
  const WorkSpan parallel = work_and_span(report.record->schedule, row_ns);
  report.step.work_ns = parallel.work_ns, report.step.span_ns = parallel.span_ns;
}

void add_phases(Report& report) {
  for (const Operation& operation : report.operations) {
    PhaseRow& phase = report.phases[operation.phase];
    phase.phase = operation.phase;
    phase.work += operation.work;
    phase.products_work += operation.products_work;
    phase.time_ns += operation.time_ns;
    phase.step_ns += operation.step_ns;
    for (const KindPart& part : operation.parts())
      if (part.kind == NodeKind::product) phase.products_step_ns += part.step_ns;
  }
}

double ratio(int64_t part, int64_t whole) { return whole > 0 ? double(part) / double(whole) : 0; }

void add_shares(Report& report) {
  const int64_t total_ns = report.record->ledger.wall_ns() * report.threads();
  for (Operation& operation : report.operations) {
    operation.time_share = ratio(operation.time_ns, total_ns);
    operation.share_of_phase = ratio(operation.time_ns, report.phases[operation.phase].time_ns);
    operation.theory_share = ratio(operation.work, report.step.work);
  }
}

}  // namespace

int64_t Report::account_step_ns(Account account) const {
  int64_t ns = 0;
  for (const LedgerEntry& entry : step_entries)
    if (entry.account == account) ns += entry.ns;
  return ns;
}

Report make_report(const RunRecord& record) {
  if (record.ledger.threads() != record.threads)
    fail("report: the run says ", record.threads, " threads, its ledger ", record.ledger.threads());
  Report report;
  report.record = &record;
  report.step = step_summary(record);
  report.entries = record.ledger.entries();
  report.step_entries = record.ledger.entries_of_step(report.step.median_step);
  report.nodes = describe(record.source);
  for (const SourceNode& node : report.nodes) report.step.work += node.work, report.step.flop += node.flop;
  report.operations = operations_of(record, report.nodes, report.step.median_step);
  add_parallelism(report);
  add_floors(report);
  add_terms(report);
  add_phases(report);
  add_shares(report);
  report.layers = layers_of(record, report.nodes, report.operations);
  report.findings = find_all(report);
  return report;
}

}  // namespace tacho
