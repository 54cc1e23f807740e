#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// x sigmoid(x), also called swish. Any floating shape.
Value silu(Emitter& emitter, Value x);

}  // namespace tacho
