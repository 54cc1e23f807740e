// Operations that no backend took: the reference's plain loops ran.
#include <algorithm>

#include "analysis/bound.h"
#include "analysis/findings/finding.h"

namespace tacho {

void find_plain_loops(const Report& report, std::vector<Finding>& findings) {
  const double whole = double(report.step_thread_ns());
  std::vector<const Operation*> plain;
  int64_t ns = 0;
  for (const Operation& o : report.operations)
    if (o.backend == "reference" && o.row == PlannedNode::compute && o.step_ns > 0)
      plain.push_back(&o), ns += o.step_ns;
  const std::string backends = switch_of(*report.record, "backend");
  if (double(ns) < 0.02 * whole || backends == "reference") return;
  std::sort(plain.begin(), plain.end(), [](const Operation* a, const Operation* b) { return a->step_ns > b->step_ns; });
  const Operation& first = *plain[0];
  Finding finding{"plain_loops", ""};
  finding.text = text_of("No optimised kernel took ", plain.size(), plain.size() == 1 ? " operation" : " operations",
                         " (", first.label, plain.size() > 1 ? " the longest" : "", "): plain loops, ",
                         percent(double(ns) / whole), " of the time.");
  if (!first.refusals.empty())
    finding.text += text_of(" ", first.refusals[0].backend, " says: ", first.refusals[0].reason, ".");
  finding.evidence = {{"time_share", double(ns) / whole}, {"operations", double(plain.size())}};
  if (backends.find("simd") == std::string::npos) {
    finding.change = "let our own kernels offer first";
    suggest(finding, report, "backend", simd_first(report));
  } else {
    const auto is_plain = [&](const Operation& o) { return std::find(plain.begin(), plain.end(), &o) != plain.end(); };
    finding.at_most_ns = saved_by(report, is_plain, [](const Operation& o) { return o.floor_ns; });
    finding.asks = Asks::kernels;
    finding.change = text_of("write a kernel for ", first.label, " (CONTRIBUTING.md: A kernel)");
    finding.command = plan_command(report);
  }
  findings.push_back(std::move(finding));
}

}  // namespace tacho
