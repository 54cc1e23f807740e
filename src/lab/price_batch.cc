#include "lab/price_batch.h"

#include <algorithm>
#include <cmath>

#include "analysis/text.h"
#include "base/clock.h"
#include "lab/feed.h"

namespace tacho {

Price price_of_batch(const Report& report, const StepOptions& options, int64_t batch, const Dataset& data,
                     const MeasureOptions& measuring) {
  constexpr double kMostStepSeconds = 0.5, kMostBytes = 4e9, kTurnSeconds = 0.05, kSeconds = 1.5;
  constexpr size_t kFewestPairs = 5;
  const double ratio = double(batch) / double(options.batch);
  const double seconds = ratio * double(report.step.median_ns) / 1e9;
  if (seconds > kMostStepSeconds)
    return {std::nullopt, 0, text_of("a step of ", batch, " examples takes about ", short_number(seconds), " s"), {}};
  const double bytes = ratio * double(report.record->planned_bytes);
  if (bytes > kMostBytes)
    return {std::nullopt, 0, text_of("a step of ", batch, " examples needs about ", bytes_text(int64_t(bytes))), {}};
  StepOptions other = options;
  other.batch = batch;
  other.choices.clear();  // they belong to this run's shapes
  Feed ours(options, data, measuring.learning_rate, measuring.seed);
  Feed theirs(other, data, measuring.learning_rate, measuring.seed);
  warm_up(ours, 2, 0.3);
  warm_up(theirs, 2, 0.3);
  std::vector<int64_t> gains;
  const int64_t end = now_ns() + int64_t(kSeconds * 1e9);
  while (gains.size() < kFewestPairs || now_ns() < end) {
    const int64_t own = step_in_turn(ours, kTurnSeconds), turned = step_in_turn(theirs, kTurnSeconds);
    gains.push_back(own - std::llround(double(turned) / ratio));
  }
  Price price;
  price.gain = Gain{quantile(gains, 0.1), quantile(gains, 0.5), quantile(gains, 0.9)};
  return price;
}

}  // namespace tacho
