#include "lab/step_timing.h"

#include <algorithm>

#include "base/clock.h"
#include "base/random.h"

namespace tacho {

TimedStep::TimedStep(const StepOptions& options)
    : pool_(options.way.threads), variables_(initial_variables(options, 1)) {
  session_ = std::make_unique<Session>(options, pool_, variables_);
  Shape shape = options.network.input;
  shape.insert(0, options.batch);
  Tensor x({DType::float32, shape});
  const Random random(1);
  for (int64_t i = 0, n = element_count(shape); i < n; ++i) x.as<float>()[i] = float(random.normal(uint64_t(i)));
  x_ = x.cast(options.way.dtype);
  y_ = Tensor({DType::int64, {options.batch}});
  for (int64_t i = 0; i < options.batch; ++i) y_.as<int64_t>()[i] = i % std::max<int64_t>(options.network.classes, 1);
}

// So small a rate that nothing runs away: times shall not depend on how training goes.
void TimedStep::step() { session_->run(x_.view(), y_.view(), 1e-6, ++steps_); }

StepTiming TimedStep::run(double seconds) {
  step();
  Ledger ledger;
  pool_.begin(ledger);
  const int64_t end = now_ns() + int64_t(seconds * 1e9);
  for (int64_t done = 0; done < 3 || (done < 400 && now_ns() < end); ++done) {
    step();
    pool_.end_step();
  }
  pool_.finish();
  StepTiming timing;
  const std::vector<int64_t> all = ledger.step_ns();
  const std::vector<size_t> quicker = quicker_half(all);
  const std::vector<int64_t> steps = samples_at(all, quicker);
  timing.step = summarize(steps);
  const auto by_step = ledger.kernel_ns_by_step(int(plan().nodes.size()));
  for (size_t n = 0; n < plan().nodes.size(); ++n) {
    std::vector<int64_t> samples;
    for (size_t s : quicker) samples.push_back(by_step[s][n]);
    timing.node_ns.push_back(quantile(std::move(samples), 0.5));
  }
  for (const LedgerEntry& entry : ledger.entries_of_step(int64_t(quicker[size_t(median_index(steps))])))
    if (entry.account == Account::dispatch) timing.dispatch_ns += entry.ns;
  return timing;
}

SteadyStep measure_steady(TimedStep& timed, double seconds, int threads, const Pace& usual) {
  constexpr int kTries = 3;
  SteadyStep result;
  Pace before = pace_now(threads);
  for (int tries = 0; tries < kTries; ++tries) {
    StepTiming timing = timed.run(seconds);
    const Pace after = pace_now(threads), pace = least(before, after);
    if (tries == 0 || timing.step.median < result.timing.step.median) result = {std::move(timing), pace};
    if (pace.steady(usual)) break;
    before = after;
  }
  return result;
}

}  // namespace tacho
