#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// Booleans: a and b, elementwise with broadcasting. Booleans of rank 1 or more.
Value logical_and(Emitter& emitter, Value a, Value b);

}  // namespace tacho
