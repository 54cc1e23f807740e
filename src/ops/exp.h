#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// e to the power of x, elementwise. Any floating shape.
Value exp(Emitter& emitter, Value x);

}  // namespace tacho
