#pragma once
// Cross entropy against smoothed labels, as calls of other operations.
#include "op/emitter.h"
#include "op/rules.h"
#include "ops/add.h"
#include "ops/log_softmax.h"
#include "ops/mean.h"
#include "ops/mul.h"
#include "ops/softmax_cross_entropy.h"

namespace tacho {

/// Softmax cross entropy of logits (batch x classes) where the label has the probability 1 - smoothing + smoothing /
/// classes and every other class smoothing / classes: PyTorch's label_smoothing. Loss per example; the probabilities
/// are softmax_cross_entropy's.
inline SoftmaxCrossEntropy smoothed_cross_entropy(Emitter& emitter, Value logits, Value labels, double smoothing) {
  expect(smoothing >= 0 && smoothing <= 1, "label smoothing: expected a number of 0 to 1, got ", smoothing);
  SoftmaxCrossEntropy result = softmax_cross_entropy(emitter, logits, labels);
  if (smoothing == 0) return result;
  const Value uniform = mean(emitter, log_softmax(emitter, logits), {.axes = {1}});
  const TensorType scalar{emitter.type(logits).dtype, {}};
  result.loss = add(emitter, mul(emitter, result.loss, emitter.splat(scalar, 1 - smoothing)),
                    mul(emitter, uniform, emitter.splat(scalar, -smoothing)));
  return result;
}

}  // namespace tacho
