// Batch statistics: nobody goes on before everybody is done.
#include "analysis/bound.h"
#include "analysis/findings/finding.h"

namespace tacho {

void find_normalization(const Report& report, std::vector<Finding>& findings) {
  const Share share = share_of(report, [](const Operation& o, NodeKind kind) {
    return o.kind != NodeKind::product && kind == NodeKind::normalization;
  });
  const size_t stages = report.record->schedule.stages.size();
  if (share.work == 0 || share.time < 0.01) return;
  const double sync = double(report.account_step_ns(Account::sync)) / double(report.step_thread_ns());
  Finding finding{"normalization", ""};
  finding.text = text_of("Normalisation outside other kernels: ", percent(share.theory), " of theory, ",
                         percent(share.time), " of the time. ");
  if (stages > 2 && report.threads() > 1)
    finding.text += text_of("Statistics of the whole batch end a segment: the step has ", stages,
                            " stages with a barrier behind each, ", percent(sync), " of the threads' time is waiting.");
  finding.evidence = {
      {"theory_share", share.theory}, {"time_share", share.time}, {"stages", double(stages)}, {"sync_share", sync}};
  if (switch_of(*report.record, "fusion") == "off") {
    finding.change = "turn fusion on";
    suggest(finding, report, "fusion", "on");
  } else {
    const auto own = [](const Operation& o) { return o.kind == NodeKind::normalization; };
    finding.at_most_ns = saved_by(report, own, [](const Operation&) { return 0; }) +
                         report.account_step_ns(Account::sync) / report.threads();
    finding.asks = Asks::network;
    finding.change = "normalise each example by itself (group_norm): no barrier";
    finding.command = edit_network_command(report);
  }
  findings.push_back(std::move(finding));
}

}  // namespace tacho
