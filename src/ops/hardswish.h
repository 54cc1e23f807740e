#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// x times relu6(x + 3) / 6: silu without an exponential. Any floating shape.
Value hardswish(Emitter& emitter, Value x);

}  // namespace tacho
