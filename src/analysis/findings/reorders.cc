// Converting layouts and packing operands: what kernels of different makers cost each other.
#include "analysis/bound.h"
#include "analysis/findings/finding.h"

namespace tacho {

void find_reorders(const Report& report, std::vector<Finding>& findings) {
  int64_t reorder = 0, pack = 0, rows = 0;
  for (const Operation& o : report.operations) {
    if (o.step_ns == 0) continue;
    if (o.row == PlannedNode::reorder) reorder += o.step_ns, ++rows;
    if (o.row == PlannedNode::pack) pack += o.step_ns, ++rows;
  }
  const double whole = double(report.step_thread_ns());
  if (double(reorder + pack) < 0.02 * whole) return;
  Finding finding{"reorders", ""};
  finding.text =
      text_of("Converting layouts and packing weights: ", percent(double(reorder + pack) / whole), " of the time in ",
              rows, rows == 1 ? " row" : " rows", " (layouts ", percent(double(reorder) / whole), ", packing ",
              percent(double(pack) / whole), "): what kernels ask of each other, no part of the step's mathematics.");
  finding.evidence = {{"reorder_time_share", double(reorder) / whole}, {"pack_time_share", double(pack) / whole}};
  const std::string layout = switch_of(*report.record, "layout");
  if (layout != "auto" && !layout.empty() && reorder > 0) {
    finding.change = "let the plan choose how images lie in memory";
    suggest(finding, report, "layout", "auto");
  } else if (reorder > pack) {
    finding.change = "keep all images channels last";
    suggest(finding, report, "layout", "nhwc");
  } else {
    // Weights are packed once a step, however many examples it has.
    finding.change = text_of("pack weights less often: a batch of ", report.record->batch * 4);
    suggest_batch(finding, report, report.record->batch * 4);
  }
  const auto extra = [](const Operation& o) { return o.row == PlannedNode::reorder || o.row == PlannedNode::pack; };
  finding.at_most_ns = saved_by(report, extra, [](const Operation&) { return 0; });
  findings.push_back(std::move(finding));
}

}  // namespace tacho
