// Findings in words, what the numbers can be trusted for, and where to go from here.
#include <cmath>

#include "analysis/findings/finding.h"
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

/// "estimated -3.41 ± 0.42 ms a step (-14 %)": what the switch does to the step.
std::string render_gain(const Finding& finding, const Report& report) {
  if (finding.unpriced.size()) return wrap("  no estimate: " + finding.unpriced, 80, 4);
  if (!finding.gain) return "";
  const int places = ms_places(report.step.median_ns);
  const double change = -double(finding.gain->median_ns),
               half = double(finding.gain->high_ns - finding.gain->low_ns) / 2;
  std::string text = text_of("  estimated ", change >= 0 ? "+" : "-", fixed(std::abs(change) / 1e6, places), " ± ",
                             fixed(half / 1e6, places), " ms a step (", change >= 0 ? "+" : "-",
                             percent(std::abs(change) / double(report.step.median_ns)), ")");
  if (finding.gain->low_ns <= 0 && finding.gain->high_ns >= 0) text += ": no difference that this could tell";
  else if (change > 0) text += ": slower";
  return text + "\n";
}

}  // namespace

std::string render_findings(const Report& report, const Paint& paint) {
  std::string text = paint.bold("FINDINGS") + "\n";
  int number = 0;
  for (const Finding& finding : report.findings) {
    const bool last = finding.rule == "leave_alone";
    text += wrap(last ? finding.text : text_of(++number, " ", finding.text), 80, 2);
    if (!finding.command.empty()) text += paint.in(wrap_command(finding.command, 80, 2), 36);
    text += render_gain(finding, report);
  }
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
  text += next("tacho complexity --network " + report.record->network, "the counts, formula by formula");
  return text;
}

}  // namespace tacho
