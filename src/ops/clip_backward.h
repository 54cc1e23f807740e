#pragma once
#include "ops/clip.h"

namespace tacho {

/// dy where low <= x <= high, else 0; where `open`, x may be clip's result: dy where low < x < high.
Value clip_backward(Emitter& emitter, Value dy, Value x, ClipAttributes attributes);

}  // namespace tacho
