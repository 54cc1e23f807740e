#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// dy y (1 - y); y is the output of sigmoid (so that its input need not be kept).
Value sigmoid_backward(Emitter& emitter, Value dy, Value y);

}  // namespace tacho
