#pragma once
#include "ops/batch_norm.h"

namespace tacho {

struct BatchNormStatisticsGradients {
  Value dmean, dvariance;  ///< one number per channel
};

/// With r = 1 / sqrt(variance + epsilon): dmean = -scale r dbias, dvariance = -scale r^2 dscale / 2. Reads the
/// gradients of scale and bias over the whole batch: here a computation in slices waits for all of them.
BatchNormStatisticsGradients batch_norm_backward_statistics(Emitter& emitter, Value dscale, Value dbias, Value scale,
                                                            Value variance, BatchNormAttributes attributes);

}  // namespace tacho
