#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// Booleans: not x, elementwise. Booleans of rank 1 or more.
Value logical_not(Emitter& emitter, Value x);

}  // namespace tacho
