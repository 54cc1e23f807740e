#pragma once
#include "ops/batch_norm.h"

namespace tacho {

struct BatchNormParameterGradients {
  Value dscale, dbias;  ///< one number per channel
};

/// dscale = sum dy (x - mean) / sqrt(variance + epsilon), dbias = sum dy, per channel (at least one element each).
BatchNormParameterGradients batch_norm_backward_parameters(Emitter& emitter, Value dy, Value x, Value mean,
                                                           Value variance, BatchNormAttributes attributes);

}  // namespace tacho
