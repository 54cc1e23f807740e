#pragma once
#include "ops/softmax.h"

namespace tacho {

/// The gradient of softmax from its output y.
Value softmax_backward(Emitter& emitter, Value dy, Value y, int64_t axis);

}  // namespace tacho
