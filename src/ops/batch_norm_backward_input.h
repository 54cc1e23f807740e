#pragma once
#include "ops/batch_norm.h"

namespace tacho {

/// dy scale / sqrt(variance + epsilon): the gradient of batch_norm's x where its statistics stand still.
Value batch_norm_backward_input(Emitter& emitter, Value dy, Value scale, Value variance,
                                BatchNormAttributes attributes);

}  // namespace tacho
