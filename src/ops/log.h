#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// The natural logarithm, elementwise: minus infinity of 0, NaN of negative numbers. Any floating shape.
Value log(Emitter& emitter, Value x);

}  // namespace tacho
