#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// 1 / (1 + exp(-x)) elementwise; any floating shape.
Value sigmoid(Emitter& emitter, Value x);

}  // namespace tacho
