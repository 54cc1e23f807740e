#pragma once
// What a plan's nodes take by themselves.
#include <cstdint>

#include "plan/plan.h"

namespace tacho {

/// Nanoseconds of all of a node's calls in one step, each kernel by itself on this thread with made-up operands of the
/// calls' shapes and warm caches: the least of a few calls of each shape, times their number. 0 for views.
int64_t measure_alone(const Plan& plan, int node);

}  // namespace tacho
