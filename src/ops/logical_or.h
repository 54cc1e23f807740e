#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// Booleans: a or b, elementwise with broadcasting. Booleans of rank 1 or more.
Value logical_or(Emitter& emitter, Value a, Value b);

}  // namespace tacho
