// What the graph makes possible, where it is not used; and where it is, what fusion is worth.
#include "analysis/findings/finding.h"

namespace tacho {
namespace {

void find_switched_off(const Report& report, std::vector<Finding>& findings, const char* name, const char* value,
                       const char* usual, const char* change, const char* text) {
  if (switch_of(*report.record, name) != value) return;
  Finding finding{"graph", ""};
  finding.text = text;
  finding.change = change;
  suggest(finding, report, name, usual);
  findings.push_back(std::move(finding));
}

}  // namespace

void find_graph(const Report& report, std::vector<Finding>& findings) {
  if (switch_of(*report.record, "execution") == "procedural") return;  // the rule of time outside kernels speaks of it
  find_switched_off(
      report, findings, "fusion", "off", "on", "turn fusion on",
      "Fusion is off: biases, activations and pooling read and write their images in passes of their own.");
  find_switched_off(
      report, findings, "memory-plan", "off", "on", "turn the memory plan on",
      "The memory plan is off: every value has memory of its own, so little is still in cache when it is read.");
  find_switched_off(
      report, findings, "schedule", "sequential", "slices", "run slices of the batch depth-first",
      "One node at a time: a barrier behind each, and a batch's images have left the cache before they are read.");
  find_switched_off(report, findings, "tune", "order", "on", "choose kernels by measuring them",
                    "Kernels are chosen by the order of backends, not by what each takes on this machine.");
  find_switched_off(report, findings, "tune", "off", "on", "choose kernels by measuring them",
                    "Kernels are chosen by a cost model, not by what each takes on this machine.");
  int64_t fused = 0, rows = 0, ns = 0;
  for (const Operation& o : report.operations) {
    if (o.row != PlannedNode::compute || !o.executed_row) continue;
    ++rows;
    if (o.members.size() > 1) ++fused, ns += o.step_ns;
  }
  if (fused == 0 || switch_of(*report.record, "fusion") != "on") return;
  const double share = double(ns) / double(report.step_thread_ns());
  Finding finding{"fusion", ""};
  finding.text = text_of("Fusion: ", fused, " of ", rows, " rows do several operations in one pass, ", percent(share),
                         " of the time.");
  finding.evidence = {{"fused_rows", double(fused)}, {"rows", double(rows)}, {"time_share", share}};
  finding.change = "turn fusion off";
  suggest(finding, report, "fusion", "off");
  findings.push_back(std::move(finding));
}

}  // namespace tacho
