// Parts of the step that give fewer tasks than there are threads.
#include "analysis/findings/finding.h"

namespace tacho {

void find_small_batch(const Report& report, std::vector<Finding>& findings) {
  const StepSchedule& schedule = report.record->schedule;
  if (schedule.empty() || !schedule.successors.empty() || report.threads() == 1) return;
  std::vector<int64_t> units(report.operations.size());
  for (const auto& stage : schedule.stages)
    for (const auto& task : stage)
      for (const ScheduledCall& call : task) units[size_t(call.row)] += call.units;
  int64_t narrow = 0, all = 0, busy = 0, spread = 0;
  for (const auto& stage : schedule.stages) {
    int64_t ns = 0, tasks = 0;
    for (const auto& task : stage) {
      if (!task.empty()) ++tasks;
      for (const ScheduledCall& call : task) {
        const Operation& o = report.operations[size_t(call.row)];
        if (units[size_t(call.row)] > 0) ns += o.step_ns * call.units / units[size_t(call.row)];
      }
    }
    all += ns;
    if (tasks >= report.threads()) continue;
    narrow += ns, busy = std::max(busy, tasks);
    // Shared by all threads the stage would be that much shorter.
    spread += ns / std::max<int64_t>(tasks, 1) - ns / report.threads();
  }
  if (all == 0 || double(narrow) < 0.05 * double(all)) return;
  Finding finding{"small_batch", ""};
  finding.text = text_of("Too few tasks for ", report.threads(), " threads: ", percent(double(narrow) / double(all)),
                         " of the kernels' time is in stages of ", busy, busy == 1 ? " task" : " tasks",
                         "; the other threads wait. A batch of ", report.record->batch, " gives no more.");
  finding.evidence = {{"kernel_time_share", double(narrow) / double(all)},
                      {"batch_size", double(report.record->batch)}};
  finding.at_most_ns = spread;
  finding.change = text_of("give each thread a part: a batch of ", report.record->batch * 4);
  suggest_batch(finding, report, report.record->batch * 4);
  findings.push_back(std::move(finding));
}

}  // namespace tacho
