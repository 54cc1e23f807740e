#pragma once
#include "ops/clip.h"

namespace tacho {

/// dy where low <= x <= high, else 0.
Value clip_backward(Emitter& emitter, Value dy, Value x, double low, double high);

}  // namespace tacho
