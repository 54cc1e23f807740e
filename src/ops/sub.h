#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// a - b elementwise; the shapes broadcast, floating inputs of one dtype.
Value sub(Emitter& emitter, Value a, Value b);

}  // namespace tacho
