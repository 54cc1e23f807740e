#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// (p - onehot(label)) dloss by rows: probabilities N x D and labels int64 N of softmax_cross_entropy, dloss N.
Value softmax_cross_entropy_backward(Emitter& emitter, Value probabilities, Value labels, Value dloss);

}  // namespace tacho
