#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// a to the power of b, elementwise with broadcasting; NaN for a negative a and a fractional b. The exponent has a
/// gradient where a is positive.
Value pow(Emitter& emitter, Value a, Value b);

}  // namespace tacho
