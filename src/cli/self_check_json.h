#pragma once
#include "analysis/render_json.h"
#include "lab/recording_cost.h"
#include "lab/self_check.h"

namespace tacho {

/// `schema` "tacho.self-check": docs/self_check.md says what the fields mean.
Json self_check_to_json(const SelfCheck& check, const RecordingCost& cost);

}  // namespace tacho
