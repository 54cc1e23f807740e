#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// The smaller of a and b, elementwise with broadcasting; of equal ones a gets the gradient. (`min` reduces over axes.)
Value minimum(Emitter& emitter, Value a, Value b);

}  // namespace tacho
