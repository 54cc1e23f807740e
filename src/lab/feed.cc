#include "lab/feed.h"

#include <algorithm>

#include "base/clock.h"
#include "trace/statistics.h"

namespace tacho {

Feed::Feed(const StepOptions& options, const Dataset& data, double learning_rate, uint64_t seed)
    : pool_(options.way.threads),
      variables_(initial_variables(options, seed)),
      session_(options, pool_, variables_),
      prefetch_(data, BatchOrder(data.train_size(), options.batch, seed, true), options.way.dtype, 1),
      learning_rate_(learning_rate) {}

void Feed::step() {
  ++step_;
  const Batch* batch = nullptr;
  pool_.wait_for_input([&] { batch = &prefetch_.take(step_); });
  session_.run(batch->x.view(), batch->y.view(), learning_rate_, step_);
}

int64_t step_in_turn(Feed& feed, double seconds, std::vector<int64_t>* rows) {
  feed.step();
  Ledger ledger;
  const int64_t end = now_ns() + int64_t(seconds * 1e9);
  feed.pool().begin(ledger);
  do {
    feed.step();
    feed.pool().end_step();
  } while (now_ns() < end);
  feed.pool().finish();
  const auto median = [](const std::vector<int64_t>& samples) { return summarize(samples).median; };
  if (rows) *rows = by_column(ledger.kernel_ns_by_step(int(feed.session().executor().rows().size())), median);
  return summarize(ledger.step_ns()).median;
}

int64_t warm_up(Feed& feed, int64_t least, double seconds) {
  const int64_t end = now_ns() + int64_t(seconds * 1e9);
  int64_t last[3] = {0, 0, 0}, steps = 0;
  for (;;) {
    const int64_t begin = now_ns();
    feed.step();
    last[steps++ % 3] = now_ns() - begin;
    if (steps < least) continue;
    const auto [fastest, slowest] = std::minmax({last[0], last[1], last[2]});
    const bool stable = steps >= 3 && double(slowest) < 1.1 * double(fastest);
    if (stable || now_ns() >= end) return steps;
  }
}

}  // namespace tacho
