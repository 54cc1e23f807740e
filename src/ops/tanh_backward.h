#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// dy (1 - y^2); y is the output of tanh (so that its input need not be kept).
Value tanh_backward(Emitter& emitter, Value dy, Value y);

}  // namespace tacho
