#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// 2 (z - onehot(label)) dloss by rows: outputs N x D and labels int64 N of squared_error, dloss N.
Value squared_error_backward(Emitter& emitter, Value outputs, Value labels, Value dloss);

}  // namespace tacho
