#pragma once
#include "ops/softmax.h"

namespace tacho {

/// log(softmax(x)) along an axis, without the loss of digits. Any floating shape of rank 1 or more.
Value log_softmax(Emitter& emitter, Value x, int64_t axis = -1);

}  // namespace tacho
