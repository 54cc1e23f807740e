#include "analysis/findings/groups.h"

#include <algorithm>
#include <cmath>

#include "analysis/findings/finding.h"
#include "analysis/text.h"

namespace tacho {
namespace {

FindingGroup group_of(const Finding& finding, const StepSummary& step) {
  if (finding.rule == "leave_alone") return FindingGroup::leave_alone;
  if (saves(finding)) return FindingGroup::change;
  const bool worth = finding.at_most_ns && double(*finding.at_most_ns) >= kWorthOfStep * double(step.median_ns);
  if (finding.gain) return FindingGroup::right;
  if (finding.at_most_ns) return worth ? FindingGroup::change : FindingGroup::leave_alone;
  return FindingGroup::change;
}

/// Printed first to last within a group: what is known to save, what could, what nobody knows.
int rank_of(const Finding& finding) { return saves(finding) ? 0 : finding.at_most_ns ? 1 : 2; }

/// Nanoseconds by which findings of one rank are ordered, most first.
int64_t weight_of(const Finding& finding) {
  if (finding.gain && (saves(finding) || finding.group == FindingGroup::right)) return finding.gain->median_ns;
  return finding.at_most_ns.value_or(0);
}

std::string with_sign(double ns, int places) { return (ns < 0 ? "-" : "+") + fixed(std::abs(ns) / 1e6, places); }

std::string share_of_step(double ns, const Report& report) {
  return text_of(" (", ns < 0 ? "-" : "+", percent(std::abs(ns) / double(report.step.median_ns)), ")");
}

}  // namespace

bool saves(const Finding& finding) { return finding.gain && finding.gain->low_ns > 0; }

void group_findings(std::vector<Finding>& findings, const StepSummary& step) {
  for (Finding& finding : findings) finding.group = group_of(finding, step);
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    if (a.group != b.group) return a.group < b.group;
    if ((a.rule == "leave_alone") != (b.rule == "leave_alone")) return b.rule == "leave_alone";
    if (a.group == FindingGroup::change && rank_of(a) != rank_of(b)) return rank_of(a) < rank_of(b);
    return weight_of(a) > weight_of(b);
  });
}

std::string gain_text(const Finding& finding, const Report& report) {
  const int places = ms_places(report.step.median_ns);
  const std::string unit = finding.batch > 0 ? text_of(" ms for ", report.record->batch, " examples") : " ms a step";
  if (finding.gain) {
    const double change = -double(finding.gain->median_ns),
                 half = double(finding.gain->high_ns - finding.gain->low_ns) / 2;
    std::string text =
        with_sign(change, places) + " ± " + fixed(half / 1e6, places) + unit + share_of_step(change, report);
    const bool either = finding.gain->low_ns <= 0 && finding.gain->high_ns >= 0;
    return text + (either ? ": no difference that this could tell" : change > 0 ? ": slower" : "");
  }
  if (!finding.at_most_ns) return "";
  const double change = -double(*finding.at_most_ns);
  return "at most " + with_sign(change, places) + " ms a step" + share_of_step(change, report);
}

bool same_change(const Finding& a, const Finding& b) {
  const bool asks = !a.turn.empty() || a.batch > 0;
  return asks && a.turn == b.turn && a.value == b.value && a.batch == b.batch;
}

std::string first_sentence(const std::string& text) {
  const size_t end = text.find(". ");
  return end == std::string::npos ? text : text.substr(0, end + 1);
}

Advice advice_of(const Report& report) {
  size_t priced = 0;
  for (const Finding& f : report.findings) priced += f.gain.has_value();
  const std::string tried = priced == 0 ? ""
                            : priced == 1
                                ? "The one alternative that was priced saves nothing. "
                                : text_of("None of the ", priced, " alternatives that were priced saves time. ");
  for (const Finding& f : report.findings) {
    if (f.group != FindingGroup::change || f.change.empty()) continue;
    if (saves(f)) return {text_of("What saves most: ", f.change, ": ", gain_text(f, report), "."), f.command};
    if (!f.at_most_ns) continue;
    return {text_of(tried, "What is left: ", f.change, ": ", gain_text(f, report), "."), f.command};
  }
  return {tried + "Nothing that this run shows is worth a change.", ""};
}

}  // namespace tacho
