#include "analysis/terms.h"

#include <algorithm>

namespace tacho {
namespace {

/// Thread time for which the schedule has fewer tasks than threads, in the printed step: a stage of one task keeps one
/// thread busy, whatever the others would do.
int64_t serial_ns(const Report& report) {
  const StepSchedule& schedule = report.record->schedule;
  if (!schedule.successors.empty()) return 0;  // without barriers nobody waits for a whole stage
  int64_t ns = 0;
  for (const auto& stage : schedule.stages) {
    const int64_t missing = report.threads() - int64_t(stage.size());
    if (missing <= 0) continue;
    std::vector<int64_t> row_ns(report.record->rows.size());
    for (const auto& task : stage)
      for (const ScheduledCall& call : task) row_ns[size_t(call.row)] = report.operations[size_t(call.row)].step_ns;
    ns += missing * work_and_span({{stage}, {}}, row_ns).span_ns;
  }
  return ns;
}

Speedup speedup_of(const Report& report, const Apart& apart) {
  Speedup speedup;
  speedup.one_thread_step_ns = apart.one_thread_step_ns;
  speedup.repetitions = apart.repetitions;
  speedup.factor = double(apart.one_thread_step_ns) / double(std::max<int64_t>(report.step.median_ns, 1));
  const auto more = [&](Account account) {
    return report.account_step_ns(account) - apart.accounts_ns.at(size_t(account));
  };
  const int64_t waiting = more(Account::sync),
                serial = std::clamp<int64_t>(serial_ns(report), 0, std::max<int64_t>(waiting, 0));
  speedup.terms = {{"one thread's step", apart.one_thread_step_ns},
                   {"contention in kernels", more(Account::kernel)},
                   {"fewer tasks than threads", serial},
                   {"waiting for longer tasks", waiting - serial},
                   {"dispatch", more(Account::dispatch)},
                   {"input", more(Account::input)},
                   {"communication", more(Account::communication)},
                   {"profiler", more(Account::profiler)},
                   {"idle", more(Account::idle)}};
  return speedup;
}

}  // namespace

void add_terms(Report& report) {
  const RunRecord& record = *report.record;
  if (!record.profile || !record.apart || !record.apart->skipped.empty()) return;
  const Apart& apart = *record.apart;
  if (apart.alone_ns.size() != record.rows.size() || apart.one_thread_ns.size() != record.rows.size() ||
      apart.accounts_ns.size() != size_t(kAccounts))
    fail("report: the run has ", record.rows.size(), " rows, its measurement apart ", apart.alone_ns.size(), " and ",
         apart.one_thread_ns.size());
  for (size_t r = 0; r < record.rows.size(); ++r) {
    Operation& o = report.operations[r];
    if (o.row == PlannedNode::view) continue;
    o.terms = Terms{o.floor_ns, apart.alone_ns[r] - o.floor_ns, apart.one_thread_ns[r] - apart.alone_ns[r],
                    o.median_ns - apart.one_thread_ns[r]};
  }
  if (record.threads > 1) report.speedup = speedup_of(report, apart);
}

}  // namespace tacho
