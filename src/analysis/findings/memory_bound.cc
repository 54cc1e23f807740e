// Chains of operations that move more than they compute.
#include <algorithm>

#include "analysis/bound.h"
#include "analysis/findings/finding.h"

namespace tacho {

void find_memory_bound(const Report& report, std::vector<Finding>& findings) {
  if (!report.has_floors()) return;
  const double whole = double(report.step_thread_ns());
  std::vector<const Operation*> bound;
  int64_t ns = 0, floor = 0, bytes = 0;
  for (const Operation& o : report.operations) {
    if (o.kind == NodeKind::product || o.phase == Phase::update || o.row != PlannedNode::compute || o.step_ns == 0)
      continue;
    if (o.bound_by.empty() || o.bound_by == "arithmetic") continue;
    bound.push_back(&o), ns += o.step_ns, floor += o.floor_ns, bytes += o.floor.bytes;
  }
  if (double(ns) < 0.03 * whole) return;
  std::sort(bound.begin(), bound.end(), [](const Operation* a, const Operation* b) { return a->step_ns > b->step_ns; });
  std::string names;
  for (size_t i = 0; i < bound.size() && i < 3; ++i)
    names += text_of(i ? ", " : "", bound[i]->label, " (", bound[i]->bound_by, ")");
  if (bound.size() > 3) names += text_of(", ", bound.size() - 3, " more");
  Finding finding{"memory_bound", ""};
  finding.text = text_of("Bound by what they move, not by arithmetic: ", names, ": ", percent(double(ns) / whole),
                         " of the time, ", percent(double(floor) / double(ns)),
                         " of it unavoidable at this traffic. "
                         "Only fewer passes over the data save more.");
  finding.evidence = {
      {"time_share", double(ns) / whole}, {"floor_share", double(floor) / double(ns)}, {"bytes", double(bytes)}};
  if (switch_of(*report.record, "fusion") == "off") {
    finding.change = "turn fusion on";
    suggest(finding, report, "fusion", "on");
  } else {
    const auto is_bound = [&](const Operation& o) { return std::find(bound.begin(), bound.end(), &o) != bound.end(); };
    finding.at_most_ns = saved_by(report, is_bound, [](const Operation&) { return 0; });
    finding.asks = Asks::kernels;
    finding.change = text_of("compute ", names_of(bound), " in neighbouring kernels");
    finding.command = plan_command(report);
  }
  findings.push_back(std::move(finding));
}

}  // namespace tacho
