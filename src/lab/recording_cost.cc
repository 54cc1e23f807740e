#include "lab/recording_cost.h"

#include <algorithm>

#include "analysis/text.h"
#include "base/clock.h"
#include "lab/differences.h"
#include "lab/feed.h"
#include "trace/statistics.h"

namespace tacho {
namespace {

// A turn of so long: long enough that the clock's readings around it are nothing, short enough that a machine drifts
// little between two turns.
constexpr double kTurnSeconds = 0.02;

/// The time of `steps` steps, over them. `recorded`: as lab/measure.cc records them.
int64_t turn(Feed& feed, bool recorded, int64_t steps, double* timestamps = nullptr) {
  Ledger ledger;
  if (recorded) feed.pool().begin(ledger);
  const int64_t begin = now_ns();
  for (int64_t s = 0; s < steps; ++s) {
    feed.step();
    if (!recorded) continue;
    feed.pool().end_step();
    feed.pool().bookkeeping([] {});
  }
  const int64_t ns = (now_ns() - begin) / steps;
  if (recorded) feed.pool().finish();
  if (recorded && timestamps) *timestamps = double(ledger.transitions()) / double(steps);
  return ns;
}

}  // namespace

RecordingCost recording_cost(const StepOptions& options, const Dataset& data, const MeasureOptions& measuring) {
  Feed feed(options, data, measuring.learning_rate, measuring.seed);
  warm_up(feed, 3, 1.0);
  RecordingCost cost{options.batch, options.way.threads};
  const double step_seconds = double(turn(feed, false, 1)) / 1e9;
  cost.steps = std::max<int64_t>(1, int64_t(kTurnSeconds / std::max(step_seconds, 1e-6)));
  const int64_t end = now_ns() + int64_t(measuring.seconds.value_or(10.0) * 1e9);
  std::vector<int64_t> plain, recorded, differences;
  for (int64_t t = 0; now_ns() < end || differences.size() < 10; t += 2) {
    const bool first = has_change(t);
    int64_t ns[2];
    ns[first] = turn(feed, first, cost.steps, &cost.timestamps);
    ns[!first] = turn(feed, !first, cost.steps, &cost.timestamps);
    plain.push_back(ns[0]), recorded.push_back(ns[1]), differences.push_back(ns[1] - ns[0]);
  }
  const Summary p = summarize(plain), r = summarize(recorded);
  cost.plain_ns = p.median, cost.plain_mad_ns = p.mad;
  cost.recorded_ns = r.median, cost.recorded_mad_ns = r.mad;
  const MedianInterval interval = median_interval(differences);
  cost.cost_ns = interval.median, cost.low_ns = interval.low, cost.high_ns = interval.high;
  cost.pairs = int64_t(differences.size());
  cost.stamp_ns = timestamp_cost_ns();
  return cost;
}

std::string to_text(const RecordingCost& cost) {
  const auto ms = [](int64_t ns) { return fixed(double(ns) / 1e6, 3); };
  const auto percent = [&](int64_t ns) { return fixed(cost.share(ns) * 100, 2); };
  return wrap(text_of("COST  of recording, batch ", cost.batch, ", the same steps with it and without in turns: ",
                      ms(cost.plain_ns), " ms ± ", ms(cost.plain_mad_ns), " without, ", ms(cost.recorded_ns), " ± ",
                      ms(cost.recorded_mad_ns), " with; difference ", percent(cost.cost_ns), " %, between ",
                      percent(cost.low_ns), " and ", percent(cost.high_ns), " (", cost.pairs, " pairs of ", cost.steps,
                      cost.steps == 1 ? " step" : " steps",
                      cost.too_much()                   ? "): more than the 1 % that it may cost"
                      : cost.share(cost.high_ns) > 0.01 ? "): too noisy to say whether it is under 1 %"
                                                        : "): under 1 %",
                      ". ", fixed(cost.timestamps, 0), " timestamps a step of ", fixed(cost.stamp_ns, 0),
                      " ns come to ", fixed(cost.counted_share() * 100, 2), " %."),
              80, 2);
}

}  // namespace tacho
