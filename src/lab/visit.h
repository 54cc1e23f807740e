#pragma once
// A way's steps measured in a short visit, so that many ways can be measured in turn.
#include <functional>

#include "analysis/record.h"
#include "data/dataset.h"
#include "lab/feed.h"

namespace tacho {

/// How long a visit lasts.
struct VisitOptions {
  int64_t least_steps = 1, most_steps = 50;
  double seconds = 0.1;     ///< of measured steps; at least `least_steps` of them
  double cold_seconds = 5;  ///< a first step longer than this is the only one, and measured: nothing warmed it up
  double learning_rate = 0.001;
  uint64_t seed = 0;
  std::function<Plant(Feed&)> plant;  ///< a delay in each measured step, where it is set
};

/// What a visit measured: `record` has its ledger, rows, source, batch, threads and switches.
struct Visit {
  RunRecord record;
  int64_t first_ns = 0;  ///< the step before the measured ones (or, where it is the only one, that one)
  bool warmed_up = true;
};

/// Builds the way anew (other memory, the same plan), warms it up, measures.
Visit visit(const StepOptions& options, const Dataset& data, const VisitOptions& visiting);

}  // namespace tacho
