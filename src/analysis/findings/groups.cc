#include "analysis/findings/groups.h"

#include <algorithm>
#include <cmath>

#include "analysis/bound.h"
#include "analysis/findings/finding.h"
#include "analysis/text.h"

namespace tacho {
namespace {

FindingGroup group_of(const Finding& finding, const StepSummary& step) {
  if (finding.rule == "leave_alone") return FindingGroup::leave_alone;
  if (saves(finding)) return FindingGroup::change;
  const bool worth = finding.at_most_ns && double(*finding.at_most_ns) >= kWorthOfStep * double(step.median_ns);
  if (finding.gain) return FindingGroup::right;
  if (finding.at_most_ns && !worth) return FindingGroup::leave_alone;
  return finding.asks == Asks::kernels ? FindingGroup::kernels : FindingGroup::change;
}

/// Printed first to last within a group: what is known to save, what could, what nobody knows; what makes another
/// network of it; last what saves nothing by itself.
int rank_of(const Finding& finding) {
  if (saves(finding)) return 0;
  if (!finding.at_most_ns && finding.turn.empty() && finding.batch == 0) return 4;
  return finding.asks == Asks::network ? 3 : finding.at_most_ns ? 1 : 2;
}

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
    // Where the interval is lopsided half its width would reach 0, or leave it, against what the interval says: both
    // ends.
    const bool told = std::abs(change) > half, apart = finding.gain->low_ns > 0 || finding.gain->high_ns < 0;
    const std::string spread = told == apart ? " ± " + fixed(half / 1e6, places)
                                             : " (" + with_sign(-double(finding.gain->high_ns), places) + " to " +
                                                   with_sign(-double(finding.gain->low_ns), places) + ")";
    std::string text = with_sign(change, places) + spread + unit + share_of_step(change, report);
    const bool either = finding.gain->low_ns <= 0 && finding.gain->high_ns >= 0;
    return text + (either ? ": no difference that this could tell" : change > 0 ? ": slower" : "");
  }
  return finding.at_most_ns ? bound_text(*finding.at_most_ns, report) : "";
}

std::string bound_text(int64_t at_most_ns, const Report& report) {
  const double change = -double(at_most_ns);
  return "at most " + with_sign(change, ms_places(report.step.median_ns)) + " ms a step" +
         share_of_step(change, report);
}

bool same_change(const Finding& a, const Finding& b) {
  const bool asks = !a.turn.empty() || a.batch > 0;
  return asks && a.turn == b.turn && a.value == b.value && a.batch == b.batch;
}

std::string first_sentence(const std::string& text) {
  const size_t end = text.find(". ");
  return end == std::string::npos ? text : text.substr(0, end + 1);
}

std::optional<int64_t> kernels_only_ns(const Report& report) {
  std::optional<int64_t> most;
  for (const Finding& f : report.findings)
    if (f.group == FindingGroup::kernels) most = std::max(most.value_or(0), f.at_most_ns.value_or(0));
  if (!most || !report.has_floors()) return most;
  const auto kernel = [](const Operation& o) { return o.executed_row && o.floor_ns > 0; };
  return std::max(*most, saved_by(report, kernel, [](const Operation& o) { return o.floor_ns; }));
}

namespace {

/// That nothing was found that can be switched, and what was tried.
std::string nothing_to_switch(const Report& report) {
  size_t priced = 0;
  int64_t batch = 0;
  std::vector<const Finding*> known;
  for (const Finding& f : report.findings) {
    if (!f.gain || std::any_of(known.begin(), known.end(), [&](auto* k) { return same_change(*k, f); })) continue;
    known.push_back(&f);
    ++priced, batch = std::max(batch, f.batch);
  }
  if (priced == 0) return "This run names no switch that would save time.";
  std::string text = priced == 1
                         ? "Nothing you can switch saves time here: the one alternative that was priced does not"
                         : text_of("Nothing you can switch saves time here: none of the ", priced,
                                   " alternatives that were priced does");
  if (batch > 0)
    text += text_of(priced == 1 ? " (a batch of " : ", a batch of ", batch, priced == 1 ? ")" : " among them");
  return text + ".";
}

}  // namespace

Advice advice_of(const Report& report) {
  Advice advice;
  advice.kernels_ns = kernels_only_ns(report);
  const auto is_change = [](const Finding& f) { return f.group == FindingGroup::change && !f.change.empty(); };
  const Finding *saving = nullptr, *setting = nullptr, *network = nullptr;
  for (const Finding& f : report.findings) {
    if (!is_change(f)) continue;
    if (saves(f)) saving = saving ? saving : &f;
    else if (!f.at_most_ns) continue;
    else if (f.asks == Asks::setting) setting = setting ? setting : &f;
    else network = network ? network : &f;
  }
  const auto said = [&](const Finding& f) { return f.change + ": " + gain_text(f, report) + "."; };
  if (saving) {
    advice.text = "What saves most: " + said(*saving);
    advice.command = saving->command;
  } else {
    advice.text = nothing_to_switch(report);
    if (setting) advice.text += " Still to try: " + said(*setting);
    if (network) advice.text += " Another network, with other results, could: " + said(*network);
    const Finding* first = setting ? setting : network;
    advice.command = first ? first->command : "";
  }
  if (advice.kernels_ns)
    advice.text += text_of(" The rest is kernels: only faster ones would give more, ",
                           bound_text(*advice.kernels_ns, report), ".");
  return advice;
}

}  // namespace tacho
