#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// Booleans: whether a == b, elementwise with broadcasting. Operands of one dtype, floating or integer.
Value equal(Emitter& emitter, Value a, Value b);

}  // namespace tacho
