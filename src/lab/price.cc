#include "lab/price.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "analysis/findings/groups.h"
#include "analysis/text.h"
#include "lab/exchanged.h"
#include "lab/feed.h"
#include "lab/price_batch.h"
#include "lab/turns.h"
#include "plan/measure.h"
#include "plan/tuning.h"

namespace tacho {
namespace {

/// The options with one switch turned; nothing where the combination is refused (`why` says it).
std::optional<StepOptions> options_turned(const StepOptions& options, Switches switches, const std::string& name,
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

/// The run's step again, with the kernels that it took, on its own or on other threads.
class OwnStep {
 public:
  OwnStep(const Report& report, StepOptions options, const Dataset& data, const MeasureOptions& measuring)
      : feed_(with_choices(report, std::move(options)), data, measuring.learning_rate, measuring.seed) {
    warm_up(feed_, 2, 1.0);
    const std::vector<NodeRow>&rows = report.record->rows, &again = feed_.session().executor().rows();
    const auto same = [](const NodeRow& a, const NodeRow& b) { return a.path == b.path; };
    same_ = plan() && std::equal(rows.begin(), rows.end(), again.begin(), again.end(), same);
  }
  Feed& feed() { return feed_; }
  /// Null where it has none for the whole step, or it comes out otherwise.
  const Plan* plan_of_run() { return same_ ? plan() : nullptr; }

 private:
  static StepOptions with_choices(const Report& report, StepOptions options) {
    if (options.way.procedural) return options;
    for (const NodeRow& row : report.record->rows)
      if (row.kind == PlannedNode::compute) options.choices[row.path] = row.backend + " " + row.kernel_name;
    return options;
  }
  const Plan* plan() { return feed_.session().executor().plan(); }
  Feed feed_;
  bool same_ = false;
};

/// The estimate's rows with what they took; nothing where the plan that ran is another.
std::vector<VerifiedRow> verified_rows(const Price& price, const std::vector<NodeRow>& ran,
                                       const std::vector<int64_t>& ns) {
  std::vector<VerifiedRow> rows;
  const auto same = [](const PricedRow& a, const NodeRow& b) {
    return a.node == b.path && a.kernel == b.backend + " " + b.kernel_name;
  };
  if (!std::equal(price.rows.begin(), price.rows.end(), ran.begin(), ran.end(), same)) return rows;
  for (size_t r = 0; r < ran.size(); ++r) rows.push_back({price.rows[r], ns[r]});
  return rows;
}

/// The price of turning a switch; and what it saves, measured in turn with it, where `verified` is given.
Price price_of(const Report& report, OwnStep& own, const StepOptions& options, const StepOptions& other,
               const Dataset& data, const MeasureOptions& measuring, std::optional<Verified>* verified) {
  if (other.way.procedural) return {std::nullopt, 0, "a procedural step has no plan as a whole", {}};
  const std::unique_ptr<Plan> plan = plan_of(other);
  const PlannedStep step{rows_of(*plan), schedule_of(*plan), other.way.threads};
  Turns turns;
  const auto add = [&](Feed& feed) {
    constexpr double kSeconds = 0.2;
    return turns.add([&feed](auto& rows) { return step_in_turn(feed, kSeconds, &rows); });
  };
  std::optional<OwnStep> elsewhere;  // the run's kernels on the other step's threads
  if (StepOptions there = options; other.way.threads != options.way.threads) {
    there.way.threads = other.way.threads;
    elsewhere.emplace(report, std::move(there), data, measuring);
  }
  OwnStep& beside = elsewhere ? *elsewhere : own;
  std::optional<Feed> theirs;
  if (verified) {
    theirs.emplace(other, data, measuring.learning_rate, measuring.seed);
    warm_up(*theirs, 2, 1.0);
  }
  const size_t run = add(own.feed()), there = elsewhere ? add(beside.feed()) : run,
               turned = theirs ? add(*theirs) : run;
  const Plan* const own_plan = beside.plan_of_run();
  std::optional<AloneTimes> alone = measure_exchanged(own_plan, *plan, rows_in_both(report.record->rows, step.rows),
                                                      step.threads, bool(theirs), turns);
  release_measuring_memory();
  if (!alone)
    return {std::nullopt,
            0,
            text_of("to measure its kernels by themselves takes more than the ", int(kPriceSeconds),
                    " seconds that an estimate may"),
            {}};
  alone->own.resize(report.record->rows.size());  // without the run's own plan nothing says what its rows take now
  if (own_plan) {
    alone->own_in_step = turns.rows_ns(there), alone->own_step_ns = turns.step_ns(there);
    alone->run_step_ns = turns.step_ns(run);
  }
  const Price result = price(report, step, *alone);
  if (verified)
    *verified = Verified{"",
                         "",
                         *result.gain,
                         result.of_ns,
                         turns.gain(run, turned),
                         turns.step_ns(run),
                         turns.count(),
                         verified_rows(result, theirs->session().executor().rows(), turns.rows_ns(turned))};
  return result;
}

void sort_by_findings(std::vector<Verified>& verified, const std::vector<Finding>& findings) {
  const auto place = [&](const Verified& v) {
    const auto same = [&](const Finding& finding) { return finding.turn == v.turn && finding.value == v.value; };
    return std::find_if(findings.begin(), findings.end(), same) - findings.begin();
  };
  std::stable_sort(verified.begin(), verified.end(), [&](auto& a, auto& b) { return place(a) < place(b); });
}

}  // namespace

Prices price_findings(Report& report, const StepOptions& options, const Switches& switches, const Dataset& data,
                      const MeasureOptions& measuring, std::vector<Verified>* verified) {
  Prices known;
  std::unique_ptr<OwnStep> own;
  for (Finding& finding : report.findings) {
    if (finding.turn.empty() && finding.batch == 0) continue;
    const auto [entry, fresh] = finding.batch > 0 ? known.try_emplace({"batch-size", std::to_string(finding.batch)})
                                                  : known.try_emplace({finding.turn, finding.value});
    if (fresh && finding.batch > 0) {
      if (measuring.progress) measuring.progress(text_of("steps of ", finding.batch, " examples").c_str());
      entry->second = price_of_batch(report, options, finding.batch, data, measuring);
    } else if (fresh) {
      const std::string turned = finding.turn + "=" + finding.value;
      if (measuring.progress)
        measuring.progress(((verified ? "estimating and verifying " : "estimating ") + turned).c_str());
      std::string why;
      const std::optional<StepOptions> other = options_turned(options, switches, finding.turn, finding.value, why);
      if (!own) own = std::make_unique<OwnStep>(report, options, data, measuring);
      std::optional<Verified> measured;
      entry->second = other ? price_of(report, *own, options, *other, data, measuring, verified ? &measured : nullptr)
                            : Price{std::nullopt, 0, why, {}};
      if (measured) {
        measured->turn = finding.turn, measured->value = finding.value;
        verified->push_back(std::move(*measured));
      }
    }
    finding.gain = entry->second.gain;
    finding.unpriced = entry->second.unpriced;
  }
  group_findings(report.findings, report.step);
  if (verified) sort_by_findings(*verified, report.findings);
  return known;
}

namespace {

/// The rows whose estimates are farthest from what they took.
std::string most_off(const Verified& verified) {
  constexpr size_t kShown = 3;
  std::vector<const VerifiedRow*> order;
  for (const VerifiedRow& row : verified.rows) order.push_back(&row);
  const auto off = [](const VerifiedRow* row) { return std::abs(row->priced.estimated_ns - row->measured_ns); };
  std::stable_sort(order.begin(), order.end(), [&](auto* a, auto* b) { return off(a) > off(b); });
  if (order.empty()) return "    the plan that ran was another than the estimate's\n";
  order.resize(std::min(order.size(), kShown));
  std::string text;
  for (const VerifiedRow* row : order) {
    char line[160];
    std::snprintf(line, sizeof line, "    %-40.40s alone %8.2f %8.2f %8.2f\n", row->priced.node.c_str(),
                  double(row->priced.alone_ns) / 1e6, double(row->priced.estimated_ns) / 1e6,
                  double(row->measured_ns) / 1e6);
    text += line;
  }
  return text;
}

}  // namespace

std::string to_text(const std::vector<Verified>& verified) {
  std::string text = "ESTIMATED AND MEASURED, ms a step saved            estimated   measured  of step\n";
  int64_t held = 0;
  for (const Verified& v : verified) {
    char line[160];
    const std::string name = v.turn + "=" + v.value;
    std::snprintf(line, sizeof line, "  %-40.40s %7.2f ±%5.2f %10.2f  %6.1f %%%s\n", name.c_str(),
                  double(v.estimated.median_ns) / 1e6, double(v.estimated.high_ns - v.estimated.low_ns) / 2e6,
                  double(v.measured.median_ns) / 1e6, 100 * v.off(), v.holds() ? "" : " *");
    text += line;
    held += v.holds();
    if (!v.holds()) text += most_off(v);
  }
  if (verified.empty()) return text + "  no finding of this run has an estimate\n";
  text += wrap(text_of("  of step: estimated less measured, in % of this run's step; * more than 10, "
                       "with the kernels most off, thread time: alone, estimated, measured. ",
                       held, " of ", verified.size(), " hold; kernels by themselves, this way and the other in turn, ",
                       verified[0].pairs, " times or fewer."),
               80, 2);
  return text;
}

}  // namespace tacho
