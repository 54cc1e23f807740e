#include "lab/price.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "analysis/findings/groups.h"
#include "analysis/text.h"
#include "base/clock.h"
#include "exec/placed_times.h"
#include "lab/feed.h"
#include "lab/pairs.h"
#include "lab/price_batch.h"
#include "machine/rate_now.h"
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

/// The run's step again, with the kernels that it took.
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

/// What kernels take by themselves, and the state that the machine was in meanwhile.
struct Exchanged {
  AloneTimes times;
  double exchange = 0;  ///< bytes a second, as RunRecord::exchange
};

/// The run's step now: turns of it, each with what the threads exchange around it.
class OwnTurns {
 public:
  explicit OwnTurns(Feed& feed) : feed_(feed) {}
  void turn() {
    constexpr double kSeconds = 0.2;
    exchanges_.push_back(std::llround(exchange_rate_now(feed_.pool().threads())));
    steps_.push_back(step_in_turn(feed_, kSeconds, &rows_));
  }
  void take(Exchanged& into) const {
    into.exchange = double(summarize(exchanges_).median);
    into.times.own_step_ns = summarize(steps_).median;
    for (size_t r = 0; r < rows_[0].size(); ++r) {
      std::vector<int64_t> samples;
      for (const std::vector<int64_t>& step : rows_) samples.push_back(step[r]);
      into.times.own_in_step.push_back(summarize(samples).median);
    }
  }

 private:
  Feed& feed_;
  std::vector<int64_t> exchanges_, steps_;
  std::vector<std::vector<int64_t>> rows_;
};

/// The rows that the other step has new, by themselves, and in turn with them those of the run in whose place they
/// come, and its step, several rounds: what the machine does meanwhile meets all of them. Nothing where the first round
/// takes longer than it may.
std::optional<Exchanged> measure_exchanged(OwnStep& own, const Plan& other, const std::vector<int>& both, int threads) {
  constexpr int kRounds = 3;
  const Plan* const plan = own.plan_of_run();
  Exchanged result;
  AloneTimes& alone = result.times;
  alone.own.resize(plan ? plan->nodes.size() : 0);
  alone.other.resize(other.nodes.size());
  std::vector<bool> stays(alone.own.size());
  for (int row : both)
    if (row >= 0 && plan) stays[size_t(row)] = true;
  const int64_t end = now_ns() + int64_t(kPriceSeconds * 1e9);
  std::optional<PlacedTimes> of_own;
  if (plan) of_own.emplace(*plan, threads);
  PlacedTimes of_other(other, threads);
  OwnTurns turns(own.feed());
  turns.turn();
  for (int round = 0; round < kRounds && (round == 0 || now_ns() < end); ++round) {
    for (size_t n = 0; n < std::max(alone.own.size(), alone.other.size()); ++n) {
      if (now_ns() > end && round == 0) return std::nullopt;
      if (n < alone.other.size() && both[n] < 0) of_other.measure(int(n));
      if (n < alone.own.size() && !stays[n]) of_own->measure(int(n));
    }
    turns.turn();
  }
  for (size_t n = 0; n < alone.other.size(); ++n) alone.other[n] = of_other.ns(int(n));
  for (size_t n = 0; n < alone.own.size(); ++n) alone.own[n] = of_own->ns(int(n));
  turns.take(result);
  return result;
}

Price price_of(const Report& report, OwnStep& own, const StepOptions& other, double& exchange) {
  if (other.way.procedural) return {std::nullopt, 0, "a procedural step has no plan as a whole", {}};
  const std::unique_ptr<Plan> plan = plan_of(other);
  const PlannedStep step{rows_of(*plan), schedule_of(*plan), other.way.threads};
  std::optional<Exchanged> exchanged = measure_exchanged(own, *plan, rows_in_both(report.record->rows, step.rows),
                                                         step.threads == 1 ? 1 : report.record->threads);
  release_measuring_memory();
  if (exchanged) {
    // Without the run's own plan nothing else says what its rows take now.
    exchanged->times.own.resize(report.record->rows.size());
    if (!own.plan_of_run()) exchanged->times.own_in_step.clear(), exchanged->times.own_step_ns = 0;
    exchange = exchanged->exchange;
    return price(report, step, exchanged->times);
  }
  return {std::nullopt,
          0,
          text_of("to measure its kernels by themselves takes more than the ", int(kPriceSeconds),
                  " seconds that an estimate may"),
          {}};
}

/// Steps of both ways in alternation.
Pairs pairs_of(Feed& ours, Feed& theirs, double exchange) {
  constexpr double kPairSeconds = 0.3;
  const int threads = ours.pool().threads();
  return measure_pairs(
      {[&] { return step_in_turn(ours, kPairSeconds / 2); },
       [&](std::vector<std::vector<int64_t>>& rows) { return step_in_turn(theirs, kPairSeconds / 2, &rows); },
       [&] { return exchange_rate_now(threads); }, now_ns},
      exchange);
}

/// What the pairs say that the turn saves, and of which step: the medians of both ways' quicker halves, since what
/// disturbs a run of either only makes it longer. Its range is that of the pairs.
std::pair<Gain, int64_t> gain_of(const Pairs& pairs) {
  std::vector<int64_t> theirs;
  for (size_t p = 0; p < pairs.steps.size(); ++p) theirs.push_back(pairs.steps[p] - pairs.gains[p]);
  const int64_t step = quicker_median(pairs.steps), gain = step - quicker_median(theirs);
  const Summary range = summarize(pairs.gains);
  return {{std::min(range.min, gain), gain, std::max(range.max, gain)}, step};
}

/// The estimate's rows with the medians of what they took; nothing where the plan that ran is another.
std::vector<VerifiedRow> verified_rows(const Price& price, const std::vector<NodeRow>& ran,
                                       const std::vector<std::vector<int64_t>>& steps) {
  std::vector<VerifiedRow> rows;
  const auto same = [](const PricedRow& a, const NodeRow& b) {
    return a.node == b.path && a.kernel == b.backend + " " + b.kernel_name;
  };
  if (!std::equal(price.rows.begin(), price.rows.end(), ran.begin(), ran.end(), same)) return rows;
  for (size_t r = 0; r < ran.size(); ++r) {
    std::vector<int64_t> samples;
    for (const std::vector<int64_t>& step : steps) samples.push_back(step[r]);
    rows.push_back({price.rows[r], summarize(samples).median});
  }
  return rows;
}

/// Both ways in alternation, right after the estimate.
Verified verify(const Finding& finding, const Price& price, double exchange, OwnStep& own, const StepOptions& other,
                const Dataset& data, const MeasureOptions& measuring) {
  Feed theirs(other, data, measuring.learning_rate, measuring.seed);
  warm_up(theirs, 2, 1.0);
  const Pairs pairs = pairs_of(own.feed(), theirs, exchange);
  const auto [measured, step_ns] = gain_of(pairs);
  return {finding.turn,
          finding.value,
          *price.gain,
          price.of_ns,
          measured,
          step_ns,
          int64_t(pairs.steps.size()),
          pairs.left_out,
          pairs.same_state,
          verified_rows(price, theirs.session().executor().rows(), pairs.rows)};
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
      if (measuring.progress) measuring.progress(("estimating " + turned).c_str());
      std::string why;
      const std::optional<StepOptions> other = options_turned(options, switches, finding.turn, finding.value, why);
      if (!own) own = std::make_unique<OwnStep>(report, options, data, measuring);
      double exchange = 0;
      entry->second = other ? price_of(report, *own, *other, exchange) : Price{std::nullopt, 0, why, {}};
      if (verified && entry->second.gain) {
        if (measuring.progress) measuring.progress(("verifying " + turned).c_str());
        verified->push_back(verify(finding, entry->second, exchange, *own, *other, data, measuring));
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
  int64_t held = 0, left_out = 0, elsewhere = 0;
  for (const Verified& v : verified) {
    left_out += v.left_out;
    elsewhere += !v.same_state;
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
  text += wrap(
      text_of("  of step: estimated less measured, in % of this run's step; * more than 10, "
              "with the kernels most off, thread time: alone, estimated, measured. ",
              held, " of ", verified.size(), " hold; both ways in alternation, ", verified[0].pairs, " pairs or fewer",
              left_out > 0
                  ? text_of("; ", left_out, " left out that met the machine in another state than the estimate did")
                  : std::string(),
              elsewhere > 0 ? text_of("; ", elsewhere, elsewhere == 1 ? " switch" : " switches", " met no other state")
                            : std::string(),
              "."),
      80, 2);
  return text;
}

}  // namespace tacho
