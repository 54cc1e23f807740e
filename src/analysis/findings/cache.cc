// Slices whose operands no longer fit the cache that is near.
#include "analysis/findings/finding.h"
#include "analysis/text.h"

namespace tacho {

void find_cache(const Report& report, std::vector<Finding>& findings) {
  if (!report.has_floors()) return;
  const int64_t l2 = report.record->profile->l2_bytes;
  int64_t ns = 0, largest = 0, kernels = 0;
  std::string name;
  for (const Operation& o : report.operations) {
    kernels += o.step_ns;
    if (o.row != PlannedNode::compute || o.phase == Phase::update || o.floor.working_set_bytes <= l2) continue;
    ns += o.step_ns;
    if (o.floor.working_set_bytes > largest) largest = o.floor.working_set_bytes, name = o.label;
  }
  if (l2 == 0 || kernels == 0 || double(ns) < 0.2 * double(kernels)) return;
  Finding finding{"cache", ""};
  finding.text =
      text_of("Out of the near cache: ", percent(double(ns) / double(kernels)),
              " of the kernels' time is in calls that touch more than the ", bytes_text(l2), " of L2 (", name, ": ",
              bytes_text(largest), "), with ",
              report.record->slice_examples > 0 ? text_of(report.record->slice_examples, " examples a slice")
                                                : text_of("the batch of ", report.record->batch, " as a whole"),
              ". What a larger batch costs per example, a sweep shows.");
  finding.evidence = {{"kernel_time_share", double(ns) / double(kernels)},
                      {"l2_bytes", double(l2)},
                      {"working_set_bytes", double(largest)}};
  finding.command = "tacho sweep --network " + report.record->network + " --over batch";
  findings.push_back(std::move(finding));
}

}  // namespace tacho
