// Products far from the best one of this step: short or thin shapes.
#include <algorithm>

#include "analysis/bound.h"
#include "analysis/findings/finding.h"

namespace tacho {

void find_product_shapes(const Report& report, std::vector<Finding>& findings) {
  if (!report.has_floors()) return;
  const double whole = double(report.step_thread_ns());
  const auto of_floor = [](const Operation& o) { return double(o.floor_ns) / double(o.median_ns); };
  const Operation* best = nullptr;
  std::vector<const Operation*> poor;
  for (const Operation& o : report.operations) {
    if (o.kind != NodeKind::product || o.median_ns <= 0 || o.floor_ns <= 0) continue;
    if (double(o.step_ns) >= 0.03 * whole && (!best || of_floor(o) > of_floor(*best))) best = &o;
  }
  if (!best) return;
  int64_t ns = 0, room = 0;
  for (const Operation& o : report.operations)
    if (o.kind == NodeKind::product && o.median_ns > 0 && o.floor_ns > 0 && double(o.step_ns) >= 0.01 * whole &&
        of_floor(o) < 0.5 * of_floor(*best))
      poor.push_back(&o), ns += o.step_ns, room += o.room_ns;
  if (poor.empty()) return;
  std::sort(poor.begin(), poor.end(), [](const Operation* a, const Operation* b) { return a->room_ns > b->room_ns; });
  std::string names;
  for (size_t i = 0; i < poor.size() && i < 3; ++i)
    names += text_of(i ? ", " : "", poor[i]->label, " ", percent(of_floor(*poor[i])));
  if (poor.size() > 3) names += text_of(", ", poor.size() - 3, " more");
  Finding finding{"product_shapes", ""};
  finding.text = text_of("Products of poor shape: ", names, " of what their floor allows, where ", best->label,
                         " reaches ", percent(of_floor(*best)), ": few rows, columns or terms fill a kernel badly; ",
                         percent(double(ns) / whole), " of the time.");
  finding.evidence = {{"time_share", double(ns) / whole},
                      {"room_ns", double(room)},
                      {"floor_share", of_floor(*poor[0])},
                      {"best_floor_share", of_floor(*best)}};
  finding.asks = Asks::network;
  finding.change = text_of("make ", names_of(poor), " larger: wider layers");
  finding.command = sweep_command(report, "width");
  const auto is_poor = [&](const Operation& o) { return std::find(poor.begin(), poor.end(), &o) != poor.end(); };
  finding.at_most_ns = saved_by(report, is_poor, [](const Operation& o) { return o.floor_ns; });
  findings.push_back(std::move(finding));
}

}  // namespace tacho
