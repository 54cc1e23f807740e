#include "lab/price.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "analysis/text.h"
#include "base/clock.h"
#include "lab/feed.h"

namespace tacho {
namespace {

/// The options with one switch turned; nothing where the combination is refused (`why` says it).
std::optional<StepOptions> turned(const StepOptions& options, Switches switches, const std::string& name,
                                  const std::string& value, std::string& why) {
  StepOptions other = options;
  // Kernels of an earlier plan belong to that plan.
  other.choices.clear();
  try {
    if (name == "execution" && value == "procedural")
      for (const char* of_graph : {"fusion", "memory-plan", "schedule"}) switches.set.erase(of_graph);
    set_switch(switches, name, value);
    other.way = resolve(switches);
  } catch (const Error& error) {
    why = error.what();
    return std::nullopt;
  }
  return other;
}

Price price_of(const Report& report, const StepOptions& other) {
  if (other.way.procedural) return {std::nullopt, "a procedural step has no plan as a whole"};
  const std::unique_ptr<Plan> plan = plan_of(other);
  return price(report, {rows_of(*plan), schedule_of(*plan), other.way.threads});
}

int64_t step_of(Feed& feed, const MeasureOptions& measuring) {
  Ledger ledger;
  const int64_t end = now_ns() + int64_t(measuring.seconds.value_or(1.0) * 1e9);
  feed.pool().begin(ledger);
  int64_t done = 0;
  do {
    feed.step();
    feed.pool().end_step();
    ++done;
  } while (measuring.steps ? done < *measuring.steps : done < 3 || (done < 200 && now_ns() < end));
  feed.pool().finish();
  return summarize(ledger.step_ns()).median;
}

}  // namespace

void price_findings(Report& report, const StepOptions& options, const Switches& switches,
                    const MeasureOptions& measuring) {
  std::map<std::pair<std::string, std::string>, Price> known;
  for (Finding& finding : report.findings) {
    if (finding.turn.empty()) continue;
    const auto [entry, fresh] = known.try_emplace({finding.turn, finding.value});
    if (fresh) {
      if (measuring.progress) measuring.progress(("planning " + finding.turn + "=" + finding.value).c_str());
      std::string why;
      const std::optional<StepOptions> other = turned(options, switches, finding.turn, finding.value, why);
      entry->second = other ? price_of(report, *other) : Price{std::nullopt, why};
    }
    finding.gain = entry->second.gain;
    finding.unpriced = entry->second.unpriced;
  }
  order_by_gain(report.findings);
}

std::vector<Verified> verify_gains(const Report& report, const StepOptions& options, const Switches& switches,
                                   const Dataset& data, const MeasureOptions& measuring, int64_t pairs) {
  std::vector<Verified> result;
  for (const Finding& finding : report.findings) {
    const auto same = [&](const Verified& v) { return v.turn == finding.turn && v.value == finding.value; };
    if (!finding.gain || std::any_of(result.begin(), result.end(), same)) continue;
    std::string why;
    const std::optional<StepOptions> other = turned(options, switches, finding.turn, finding.value, why);
    if (!other) continue;
    if (measuring.progress) measuring.progress(("verifying " + finding.turn + "=" + finding.value).c_str());
    Feed ours(options, data, measuring.learning_rate, measuring.seed);
    Feed theirs(*other, data, measuring.learning_rate, measuring.seed);
    warm_up(ours, 2, 1.0);
    warm_up(theirs, 2, 1.0);
    std::vector<int64_t> gains, steps;
    for (int64_t p = 0; p < pairs; ++p) {
      steps.push_back(step_of(ours, measuring));
      gains.push_back(steps.back() - step_of(theirs, measuring));
    }
    Verified verified{finding.turn, finding.value, *finding.gain, {}, summarize(steps).median, pairs, false};
    const Summary measured = summarize(gains);
    verified.measured = {measured.min, measured.median, measured.max};
    verified.holds = std::abs(verified.estimated.median_ns - measured.median) * 10 <= verified.step_ns;
    result.push_back(std::move(verified));
  }
  return result;
}

std::string to_text(const std::vector<Verified>& verified) {
  std::string text = "ESTIMATED AND MEASURED, ms a step saved            estimated   measured  of step\n";
  int64_t held = 0;
  for (const Verified& v : verified) {
    char line[160];
    const std::string name = v.turn + "=" + v.value;
    std::snprintf(line, sizeof line, "  %-40.40s %7.2f ±%5.2f %10.2f  %6.1f %%%s\n", name.c_str(),
                  double(v.estimated.median_ns) / 1e6, double(v.estimated.high_ns - v.estimated.low_ns) / 2e6,
                  double(v.measured.median_ns) / 1e6,
                  100.0 * double(v.estimated.median_ns - v.measured.median_ns) / double(v.step_ns),
                  v.holds ? "" : " *");
    text += line;
    held += v.holds;
  }
  if (verified.empty()) return text + "  no finding of this run has an estimate\n";
  text += wrap(text_of("  of step: estimated less measured, in % of this step; * more than 10. ", held, " of ",
                       verified.size(), " hold; both ways in alternation, ", verified[0].pairs, " pairs."),
               80, 2);
  return text;
}

}  // namespace tacho
