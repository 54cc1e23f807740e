#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// max(x, 0) elementwise; any floating shape.
Value relu(Emitter& emitter, Value x);

}  // namespace tacho
