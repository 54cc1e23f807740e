#pragma once
// A plan's schedule replayed with given times: who runs what when, without running anything.
#include "plan/plan.h"

namespace tacho {

/// Calls of a step, all slices counted.
int64_t item_count(const Plan& plan);

/// Nanoseconds until all threads are through: `node_ns` is each planned node's time in one step, over all its slices
/// (a slice in proportion to its examples). Tasks go to whichever thread is free first, as in the pool; dispatch costs
/// nothing.
double replay(const Plan& plan, const std::vector<double>& node_ns, int threads);

}  // namespace tacho
