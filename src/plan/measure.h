#pragma once
// What a plan's nodes take by themselves.
#include <cstdint>

#include "plan/plan.h"

namespace tacho {

/// Nanoseconds of all of a node's calls in one step, each kernel by itself on this thread with made-up operands of the
/// calls' shapes and warm caches: the least of a few calls of each shape, times their number. 0 for views.
int64_t measure_alone(const Plan& plan, int node);

/// Writes numbers into a call's inputs that any kernel takes, as measure_alone has them: floating ones near 1 in size,
/// indices and labels 0, places of maxima that are some.
void make_up_inputs(const Plan& plan, const PlannedNode& node, std::span<const View> inputs);

}  // namespace tacho
