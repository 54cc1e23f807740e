#pragma once
// What a comparison needs beyond the report's own figures: every step's samples, and the shapes that operations of
// other programs are matched by.
#include "analysis/render_json.h"

namespace tacho {

/// Most steps whose parts are written one by one: intervals get no better from more, files get longer.
constexpr int64_t kMostSampledSteps = 256;

/// Adds to a whole result: `step.samples_ns`, `ledger.samples`, `operations[].samples_ns`, `nodes[]`.
void add_samples(Json& json, const Report& report);

}  // namespace tacho
