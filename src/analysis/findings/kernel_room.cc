// The products' kernels above their floor: where most of a well-planned step is left, and which of its terms it is.
#include <algorithm>
#include <cmath>

#include "analysis/bound.h"
#include "analysis/findings/finding.h"

namespace tacho {

void find_kernel_room(const Report& report, std::vector<Finding>& findings) {
  if (!report.has_floors()) return;
  std::vector<const Operation*> order;
  int64_t ns = 0, floor = 0;
  Terms terms;
  bool has_terms = false;
  for (const Operation& o : report.operations) {
    if (o.kind != NodeKind::product || o.median_ns <= 0 || o.floor_ns <= 0) continue;
    order.push_back(&o), ns += o.median_ns, floor += o.floor_ns;
    if (!o.terms) continue;
    has_terms = true;
    terms.kernel_ns += o.terms->kernel_ns, terms.cold_ns += o.terms->cold_ns;
    terms.contention_ns += o.terms->contention_ns;
  }
  const int64_t room = ns - floor;
  if (double(room) < 0.05 * double(report.step_thread_ns())) return;
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->room_ns > b->room_ns; });
  Finding finding{"kernel_room", ""};
  finding.text = text_of("The products' kernels are at ", percent(double(floor) / double(ns)), " of their floor");
  finding.evidence = {{"floor_share", double(floor) / double(ns)},
                      {"time_share", double(ns) / double(report.step_thread_ns())},
                      {"room_ns", double(room)}};
  if (has_terms) {
    // A machine that was slower meanwhile makes a term negative: said, so that the parts are the whole.
    const auto part = [&](int64_t term) {
      const double share = double(term) / double(room);
      return (share < 0 ? "-" : "") + percent(std::abs(share));
    };
    finding.text += text_of("; of what is above it, ", part(terms.kernel_ns), " is the kernels themselves, ",
                            part(terms.cold_ns), " cold caches, ", part(terms.contention_ns), " other threads");
    finding.evidence.insert(finding.evidence.end(), {{"kernel_ns", double(terms.kernel_ns)},
                                                     {"cold_ns", double(terms.cold_ns)},
                                                     {"contention_ns", double(terms.contention_ns)}});
  }
  finding.text += ".";
  const auto product = [](const Operation& o) { return o.kind == NodeKind::product; };
  finding.at_most_ns = saved_by(report, product, [](const Operation& o) { return o.floor_ns; });
  const int64_t most = std::max({terms.kernel_ns, terms.cold_ns, terms.contention_ns});
  if (has_terms && most == terms.contention_ns) {
    finding.change = "give each thread a core and caches of its own: fewer threads, or a quiet machine";
    finding.command = more_command(report, "--threads 1");
  } else if (has_terms && most == terms.cold_ns) {
    // A smaller batch keeps more values in cache, a larger one uses weights more often: which of them, a sweep says.
    finding.change = "keep operands in cache between two uses: another batch, or smaller images";
    finding.command = sweep_command(report, "batch");
  } else {
    if (switch_of(*report.record, "tune") == "on") finding.text += " The fastest that are known here run already.";
    finding.change = text_of("write faster kernels, for ", order[0]->label, " first");
    finding.command = plan_command(report);
  }
  findings.push_back(std::move(finding));
}

}  // namespace tacho
