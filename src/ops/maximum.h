#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// The larger of a and b, elementwise with broadcasting; of equal ones a gets the gradient. (`max` reduces over axes.)
Value maximum(Emitter& emitter, Value a, Value b);

}  // namespace tacho
