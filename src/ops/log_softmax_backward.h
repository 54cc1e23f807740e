#pragma once
#include "ops/softmax.h"

namespace tacho {

/// The gradient of log_softmax from its output y.
Value log_softmax_backward(Emitter& emitter, Value dy, Value y, int64_t axis);

}  // namespace tacho
