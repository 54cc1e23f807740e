// Time in no kernel: dispatch, waiting for others, idling.
#include "analysis/findings/finding.h"

namespace tacho {

void find_outside(const Report& report, std::vector<Finding>& findings) {
  const double whole = double(report.step_thread_ns());
  const double dispatch = double(report.account_step_ns(Account::dispatch)) / whole;
  const double sync = double(report.account_step_ns(Account::sync)) / whole;
  const double idle = double(report.account_step_ns(Account::idle)) / whole;
  if (dispatch + sync + idle < 0.03) return;
  Finding finding{"outside_kernels", ""};
  finding.text = text_of("Outside the kernels: ", percent(dispatch + sync + idle), " of the threads' time (dispatch ",
                         percent(dispatch), ", waiting for others ", percent(sync), ", idle ", percent(idle), ").");
  const bool procedural = switch_of(*report.record, "execution") == "procedural";
  if (procedural)
    finding.text += " A statement's result is fresh memory, made and freed on the first thread while the others wait.";
  finding.evidence = {{"dispatch_share", dispatch}, {"sync_share", sync}, {"idle_share", idle}};
  if (procedural) {
    finding.change = "execute the step as a graph";
    suggest(finding, report, "execution", "graph");
  } else if (report.threads() > 1) {
    finding.change = "use one thread, which waits for nobody";
    suggest(finding, report, "threads", "1");
  } else {
    finding.at_most_ns = int64_t((dispatch + sync + idle) * double(report.step.median_ns));
    finding.change = text_of("give each call more work: a batch of ", report.record->batch * 4);
    suggest_batch(finding, report, report.record->batch * 4);
  }
  findings.push_back(std::move(finding));
}

}  // namespace tacho
