#include "lab/visit.h"

#include <algorithm>

#include "base/clock.h"

namespace tacho {
namespace {

void run_steps(Feed& feed, Ledger& ledger, int64_t steps) {
  feed.pool().begin(ledger);
  for (int64_t s = 0; s < steps; ++s) {
    feed.step();
    feed.pool().end_step();
  }
  feed.pool().finish();
}

}  // namespace

Visit visit(const StepOptions& options, const Dataset& data, const VisitOptions& visiting) {
  Visit result;
  RunRecord& record = result.record;
  Feed feed(options, data, visiting.learning_rate, visiting.seed);
  run_steps(feed, record.ledger, 1);
  result.first_ns = record.ledger.step_ns().front();
  result.warmed_up = double(result.first_ns) <= visiting.cold_seconds * 1e9;
  if (result.warmed_up) {
    // The first step maps memory and fills tables: where steps are short a second one says how long they are.
    int64_t step_ns = result.first_ns;
    if (double(step_ns) < visiting.seconds * 1e9) {
      const int64_t begin = now_ns();
      feed.step();
      step_ns = std::max<int64_t>(now_ns() - begin, 1);
    }
    const auto fitting = int64_t(visiting.seconds * 1e9 / double(step_ns));
    record.ledger = Ledger();
    if (visiting.plant) feed.pool().plant(visiting.plant(feed));
    run_steps(feed, record.ledger, std::clamp(fitting, visiting.least_steps, visiting.most_steps));
  }
  record.threads = options.way.threads;
  record.batch = options.batch;
  record.switches = options.way.switches;
  record.source = feed.session().executor().source();
  record.rows = feed.session().executor().rows();
  return result;
}

}  // namespace tacho
