#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// The gradient of hardswish at x.
Value hardswish_backward(Emitter& emitter, Value dy, Value x);

}  // namespace tacho
