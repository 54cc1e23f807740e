#pragma once
// Causal gain: steps with and without an operation, and steps in which everybody else is held.
#include "analysis/causal.h"
#include "lab/measure.h"

namespace tacho {

/// Throws tacho::Error where causal gains cannot be measured: procedural execution gives every statement a fresh
/// result, so nothing is left of a former step.
void check_causal(const StepOptions& options);

/// For the `top` operations that take most of `report` (of the same options), in a session of its own, whose variables
/// nobody else sees. At most four seconds an operation, but ten pairs of steps at least; `pairs` asks for another
/// number. Throws as check_causal.
Causal measure_causal(const StepOptions& options, const Dataset& data, const Report& report, int top,
                      const MeasureOptions& measuring, std::optional<int64_t> pairs = {});

}  // namespace tacho
