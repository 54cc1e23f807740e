#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

struct BatchNormStatistics {
  Value mean, variance;  ///< one number per channel; the variance is biased (divided by n)
};

/// Mean and variance of each channel of x (N x C x ..., at least one element a channel).
BatchNormStatistics batch_norm_statistics(Emitter& emitter, Value x);

}  // namespace tacho
