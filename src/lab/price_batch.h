#pragma once
// What another batch does to the time of this run's examples: a few steps of both, in turn.
#include "analysis/price.h"
#include "lab/measure.h"

namespace tacho {

/// The gain for as many examples as a step of this run has, from pairs of both batches' steps in alternation, for about
/// a second and a half: the median pair, with the interval of the middle eight tenths of the pairs. No gain, with the
/// reason, where a step of that batch would take over half a second or over 4 GB.
Price price_of_batch(const Report& report, const StepOptions& options, int64_t batch, const Dataset& data,
                     const MeasureOptions& measuring);

}  // namespace tacho
