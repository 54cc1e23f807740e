#pragma once
#include "lab/measure.h"

namespace tacho {

/// What each row of a measured run takes by itself and in the same plan's step on one thread. `executor` ran it. Takes
/// about two seconds; a step that takes longer than that on one thread is measured three times, and where that would be
/// over ten seconds, or where no plan covers the step (procedural execution), nothing is measured and the reason said.
Apart measure_apart(const RunRecord& record, const Executor& executor, const StepOptions& options, const Dataset& data,
                    const MeasureOptions& measuring);

}  // namespace tacho
