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
    if (std::min(terms.cold_ns, terms.contention_ns) < 0)
      finding.text += text_of(" (below 0: the machine was slower while ",
                              terms.cold_ns < 0 ? "kernels ran by themselves" : "one thread ran alone", ")");
    finding.evidence.insert(finding.evidence.end(), {{"kernel_ns", double(terms.kernel_ns)},
                                                     {"cold_ns", double(terms.cold_ns)},
                                                     {"contention_ns", double(terms.contention_ns)}});
  }
  finding.text += ".";
  const auto product = [](const Operation& o) { return o.kind == NodeKind::product; };
  finding.at_most_ns = saved_by(report, product, [](const Operation& o) { return o.floor_ns; });
  finding.asks = Asks::kernels;
  if (switch_of(*report.record, "tune") == "on") finding.text += " The fastest that are known here run already.";
  finding.change = text_of("write faster kernels, for ", order[0]->label, " first");
  finding.command = plan_command(report);
  findings.push_back(std::move(finding));
  if (!has_terms || terms.kernel_ns >= std::max(terms.cold_ns, terms.contention_ns)) return;

  // The larger part is not the kernels': what the reader can change about it, for no more than that part.
  const bool cold = terms.cold_ns >= terms.contention_ns;
  const auto part = [&](const Terms& t) { return std::max<int64_t>(cold ? t.cold_ns : t.contention_ns, 0); };
  Finding other{cold ? "cold_caches" : "contention", ""};
  other.text = text_of("Most of what products take above their floor is ",
                       cold ? "operands that have left the cache before they are used again"
                            : "threads that take cores, caches or memory from one another",
                       ": ", percent(double(cold ? terms.cold_ns : terms.contention_ns) / double(room)), " of it.");
  other.evidence = {{"share_of_room", double(cold ? terms.cold_ns : terms.contention_ns) / double(room)}};
  other.at_most_ns = saved_by(report, product,
                              [&](const Operation& o) { return o.terms ? o.median_ns - part(*o.terms) : o.median_ns; });
  if (cold) {
    // A smaller batch keeps more values in cache, a larger one uses weights more often: which of them, a sweep says.
    other.change = "keep operands in cache between two uses: try other batches";
    other.command = sweep_command(report, "batch");
  } else {
    other.change = "give each thread a core and caches of its own: fewer threads, or a quiet machine";
    other.command = more_command(report, "--threads 1");
  }
  findings.push_back(std::move(other));
}

}  // namespace tacho
