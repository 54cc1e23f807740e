#include "lab/apart.h"

#include "base/clock.h"
#include "lab/feed.h"
#include "plan/measure.h"

namespace tacho {
namespace {

constexpr double kSeconds = 1.5, kMostSeconds = 15;
constexpr int64_t kFewest = 5, kMost = 30;

/// Medians by row, of all steps and of the quicker half, and the median step, of a ledger of one thread.
void take(Apart& apart, const Ledger& ledger, int rows) {
  const auto by_step = ledger.kernel_ns_by_step(rows);
  const std::vector<int64_t> steps = ledger.step_ns();
  const std::vector<size_t> quicker = quicker_half(steps);
  for (int r = 0; r < rows; ++r) {
    std::vector<int64_t> samples;
    for (const auto& step : by_step) samples.push_back(step[size_t(r)]);
    apart.one_thread_ns.push_back(summarize(samples).median);
    apart.one_thread_quicker_ns.push_back(summarize(samples_at(samples, quicker)).median);
  }
  const int64_t median = median_index(steps);
  apart.one_thread_step_ns = steps[size_t(median)];
  apart.one_thread_quicker_step_ns = quicker_median(steps);
  apart.repetitions = int64_t(steps.size());
  apart.accounts_ns.assign(size_t(kAccounts), 0);
  for (const LedgerEntry& entry : ledger.entries_of_step(median)) apart.accounts_ns[size_t(entry.account)] += entry.ns;
}

void measure_one_thread(Apart& apart, const RunRecord& record, const Plan& plan, StepOptions options,
                        const Dataset& data, const MeasureOptions& measuring) {
  options.way.threads = 1;
  options.choices = choices_of(plan);
  Feed feed(options, data, measuring.learning_rate, measuring.seed);
  const int64_t begin = now_ns();
  feed.step();
  const double seconds = double(now_ns() - begin) / 1e9;
  if (seconds * (kFewest + 1) > kMostSeconds) {
    apart.skipped = text_of("one step on one thread takes ", int64_t(seconds * 1000), " ms");
    return;
  }
  if (fingerprint_of(*feed.session().executor().plan()) != fingerprint_of(plan)) {
    apart.skipped = "the plan on one thread is another";
    return;
  }
  warm_up(feed, 1, 0.3);
  Ledger ledger;
  feed.pool().begin(ledger);
  const int64_t end = now_ns() + int64_t(kSeconds * 1e9);
  for (int64_t done = 0; done < kFewest || (done < kMost && now_ns() < end); ++done) {
    feed.step();
    feed.pool().end_step();
  }
  feed.pool().finish();
  take(apart, ledger, int(record.rows.size()));
}

}  // namespace

Apart measure_apart(const RunRecord& record, const Executor& executor, const StepOptions& options, const Dataset& data,
                    const MeasureOptions& measuring) {
  Apart apart;
  const Plan* plan = executor.plan();
  if (!plan) {
    apart.skipped = "no plan covers the whole step";
    return apart;
  }
  if (measuring.progress) measuring.progress("the step on one thread");
  if (record.threads == 1) take(apart, record.ledger, int(record.rows.size()));
  else measure_one_thread(apart, record, *plan, options, data, measuring);
  if (!apart.skipped.empty()) return apart;
  if (measuring.progress) measuring.progress("each kernel by itself");
  for (int n = 0; n < int(plan->nodes.size()); ++n) apart.alone_ns.push_back(measure_alone(*plan, n));
  return apart;
}

}  // namespace tacho
