#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// a where the boolean condition holds, else b, elementwise with broadcasting. a and b of one dtype; the condition of
/// rank 1 or more, since a boolean of rank 0 stands for an absent operand.
Value where(Emitter& emitter, Value condition, Value a, Value b);

}  // namespace tacho
