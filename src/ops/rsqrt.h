#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// 1 / sqrt(x), elementwise. Any floating shape.
Value rsqrt(Emitter& emitter, Value x);

}  // namespace tacho
