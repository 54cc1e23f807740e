#pragma once
// What a measured step tells the replay: how long each item took, and what everything else cost.
#include "analysis/replay.h"
#include "trace/ledger.h"

namespace tacho {

struct MeasuredStep {
  int64_t wall_ns = 0;
  ItemTimes times;
  ReplayCosts costs;  ///< means over the step; `dispatch_ns` is part of `before_ns`
};

/// Reads step `step` of a closed ledger whose node numbers are the plan's. Tasks of a stage that run the same nodes are
/// told apart by when they began, because the pool takes them in order. Throws tacho::Error where the step's kernels
/// are not the plan's.
MeasuredStep measured_step(const Plan& plan, const Ledger& ledger, int64_t step);

}  // namespace tacho
