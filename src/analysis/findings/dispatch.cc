// Calls so short that handing them out costs a visible part.
#include "analysis/findings/finding.h"

namespace tacho {

void find_dispatch(const Report& report, std::vector<Finding>& findings) {
  int64_t calls = 0, ns = 0;
  for (size_t r = 0; r < report.record->rows.size(); ++r)
    calls += report.record->rows[r].traffic.calls, ns += report.operations[r].step_ns;
  const double dispatch = double(report.account_step_ns(Account::dispatch));
  const double share = dispatch / double(report.step_thread_ns());
  if (calls == 0 || share < 0.05) return;
  char each[96];
  std::snprintf(each, sizeof each, "%.1f us of kernel and %.2f us of dispatch each", double(ns) / 1e3 / double(calls),
                dispatch / 1e3 / double(calls));
  Finding finding{"dispatch", ""};
  finding.text = text_of("Bound by dispatch: ", calls, " calls a step, ", each, " (", percent(share),
                         " of the threads' time). Larger batches make calls longer, not more.");
  finding.evidence = {
      {"dispatch_share", share}, {"calls", double(calls)}, {"kernel_ns_per_call", double(ns) / double(calls)}};
  finding.at_most_ns = int64_t(share * double(report.step.median_ns));
  finding.change = text_of("give each call more work: a batch of ", report.record->batch * 4);
  suggest_batch(finding, report, report.record->batch * 4);
  findings.push_back(std::move(finding));
}

}  // namespace tacho
