// Findings in words, what the numbers can be trusted for, and where to go from here.
#include <algorithm>

#include "analysis/findings/finding.h"
#include "analysis/findings/groups.h"
#include "analysis/render_text.h"

namespace tacho {
namespace {

std::string render_trust(const Report& report) {
  const RunRecord& record = *report.record;
  int64_t accounted = 0;
  for (const LedgerEntry& entry : report.entries) accounted += entry.ns;
  const int64_t residual = record.ledger.wall_ns() * record.threads - accounted;
  const double stamps =
      double(record.ledger.transitions()) * record.stamp_cost_ns / (double(record.ledger.wall_ns()) * record.threads);
  const double noise = report.step.median_ns > 0 ? double(report.step.mad_ns) / double(report.step.median_ns) : 0;
  return text_of("Trust: ledger residual ", residual, " ns over ", report.step.repetitions, " steps; ",
                 grouped(record.ledger.transitions()), " timestamps cost ", percent(stamps),
                 "; counts are the operations' formulas, which the tests prove by counted execution; steps differ by ",
                 percent(noise), ".");
}

/// What to do about a finding, and what that gives; `earlier` is the number of one that asks for the same, or 0.
std::string render_change(const Finding& f, int earlier, const Report& report, const Paint& paint) {
  if (earlier > 0) return text_of("  Change: as ", earlier, ".\n");
  std::string text;
  const char* who = f.asks == Asks::network ? "  Change the network, and its results: " : "  Change: ";
  if (!f.change.empty()) text += wrap(who + f.change + ".", 80, 4);
  if (!f.command.empty()) text += paint.in(wrap_command(f.command, 80, 2), 36);
  const std::string gain = gain_text(f, report), basis = !f.gain ? "" : f.batch > 0 ? "measured " : "estimated ";
  if (!gain.empty()) text += paint.bold(wrap("  " + basis + gain, 80, 4));
  if (!f.gain && !f.unpriced.empty()) text += wrap("  no estimate: " + f.unpriced, 80, 4);
  return text;
}

/// What would save time, each with what to change, its command and what that gives.
std::string render_changes(const Report& report, const Paint& paint) {
  std::string text;
  std::vector<const Finding*> said;
  bool bounds = false, larger = false;
  for (const Finding& f : report.findings) {
    if (f.group != FindingGroup::change) continue;
    const auto same = std::find_if(said.begin(), said.end(), [&](const Finding* s) { return same_change(*s, f); });
    const int earlier = same == said.end() ? 0 : int(same - said.begin()) + 1;
    said.push_back(&f);
    text += wrap(text_of(said.size(), " ", f.text), 80, 2) + render_change(f, earlier, report, paint);
    bounds = bounds || (!f.gain && f.at_most_ns);
    larger = larger || (f.gain && f.batch > report.record->batch);
  }
  if (larger)
    text += paint.dim(
        "  a larger batch updates less often; the time to an accuracy:\n"
        "  tacho sweep --over batch --until accuracy=0.9\n");
  if (bounds)
    text += paint.dim(wrap("  at most: if all of it were gone; such bounds overlap and do not add up", 80, 2));
  if (text.empty()) text = "  nothing that this run shows\n";
  return paint.bold("FINDINGS") + ": what you can change\n" + text;
}

/// What only better kernels would give: for their authors, so one number first and a line each.
std::string render_kernels_only(const Report& report, const Paint& paint) {
  const std::optional<int64_t> most = kernels_only_ns(report);
  if (!most) return "";
  std::string text = paint.bold("ONLY FASTER KERNELS") +
                     text_of(": ", bound_text(*most, report), report.has_floors() ? ", all at their floors\n" : "\n");
  for (const Finding& f : report.findings) {
    if (f.group != FindingGroup::kernels) continue;
    const std::string gain = gain_text(f, report);
    text += wrap("  " + f.text, 80, 4);
    text += wrap("    For authors of kernels: " + f.change + (gain.empty() ? "" : ": " + gain) + ".", 80, 4);
  }
  return text;
}

/// The alternatives that cost more: one short paragraph each.
std::string render_right(const Report& report, const Paint& paint) {
  std::string text;
  for (const Finding& f : report.findings) {
    if (f.group != FindingGroup::right) continue;
    const std::string what = f.batch > 0      ? text_of("batch-size=", f.batch)
                             : f.turn.empty() ? f.rule
                                              : f.turn + "=" + f.value;
    text += wrap("  " + what + "  " + gain_text(f, report), 80, 4);
    text += paint.dim(wrap("    " + first_sentence(f.text), 80, 4));
  }
  if (text.empty()) return "";
  return paint.bold("ALREADY RIGHT") + ": the alternative costs more, or saves nothing that shows\n" + text;
}

std::string render_alone(const Report& report) {
  std::string text;
  for (const Finding& f : report.findings) {
    if (f.group != FindingGroup::leave_alone) continue;
    text += f.rule == "leave_alone"
                ? wrap(f.text, 80, 2)
                : wrap("Too small to look at: " + first_sentence(f.text) + " (" + gain_text(f, report) + ")", 80, 2);
  }
  return text;
}

}  // namespace

std::string render_findings(const Report& report, const Paint& paint) {
  std::string text = render_changes(report, paint) + render_kernels_only(report, paint) + render_right(report, paint) +
                     render_alone(report);
  text += wrap(render_trust(report), 80, 2);
  const auto next = [&](const std::string& command, const char* what) {
    if (2 + width_of(command) + 2 + width_of(what) > 80) return wrap_command(command, 80, 2) + "      # " + what + "\n";
    return "  " + left(command, 78 - width_of(what)) + what + "\n";
  };
  const std::string& command = report.record->command;
  text += paint.bold("NEXT") + "\n";
  if (switch_of(*report.record, "convolution") != "gather")
    text += next(command + " --convolution gather --execution procedural", "pad, phi, W phi");
  text += next(command + " --self-check", "is the ledger right?");
  const std::string network = network_flags(report);
  text += next("tacho complexity" + (network.empty() ? " --network " + report.record->network : network),
               "the counts, formula by formula");
  return text;
}

}  // namespace tacho
