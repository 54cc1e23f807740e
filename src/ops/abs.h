#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// The absolute value, elementwise. Any floating shape; the gradient at 0 is 0.
Value abs(Emitter& emitter, Value x);

}  // namespace tacho
