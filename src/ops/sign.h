#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// -1, 0 or 1 by the sign of x, elementwise; 0 of NaN. Any floating shape.
Value sign(Emitter& emitter, Value x);

}  // namespace tacho
