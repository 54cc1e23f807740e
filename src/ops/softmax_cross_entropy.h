#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

struct SoftmaxCrossEntropy {
  Value loss;           ///< N, one per example
  Value probabilities;  ///< N x D
};

/// Softmax of `logits` (N x D) and the cross entropy against `labels` (int64 N, each in 0..D-1: the kernel throws
/// tacho::Error on another one).
SoftmaxCrossEntropy softmax_cross_entropy(Emitter& emitter, Value logits, Value labels);

}  // namespace tacho
