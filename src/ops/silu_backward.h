#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// The gradient of silu at x.
Value silu_backward(Emitter& emitter, Value dy, Value x);

}  // namespace tacho
