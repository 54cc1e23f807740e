#pragma once
// The ledger's transitions as a picture: Chrome's trace format, which Perfetto opens.
#include <cstdint>

#include "analysis/render_json.h"

namespace tacho {

/// Most steps that are written: a trace is for looking at single moments.
constexpr int64_t kMostTracedSteps = 10;

/// The median step and those around it, kMostTracedSteps in all. One track per thread: a span per step, within it one
/// span per account (of a kernel: its row), without gaps or overlaps; microseconds with three places from the first
/// step's begin, so that spans have the ledger's durations to the nanosecond. Where a plan covers the step, counters of
/// the arenas' bytes in use. `otherData` says which steps of how many.
Json chrome_trace(const Report& report);

}  // namespace tacho
