#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// -x elementwise; any floating shape.
Value neg(Emitter& emitter, Value x);

}  // namespace tacho
