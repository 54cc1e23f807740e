#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// The square root, elementwise; NaN of negative numbers. Any floating shape.
Value sqrt(Emitter& emitter, Value x);

}  // namespace tacho
