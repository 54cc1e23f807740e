#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// dy where y > 0, else 0; y is the output of relu (so that its input need not be kept).
Value relu_backward(Emitter& emitter, Value dy, Value y);

}  // namespace tacho
