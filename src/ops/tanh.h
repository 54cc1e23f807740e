#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// tanh(x) elementwise; any floating shape.
Value tanh(Emitter& emitter, Value x);

}  // namespace tacho
