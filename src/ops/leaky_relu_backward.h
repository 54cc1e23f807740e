#pragma once
#include "ops/leaky_relu.h"

namespace tacho {

/// dy where x > 0, else alpha dy.
Value leaky_relu_backward(Emitter& emitter, Value dy, Value x, double alpha);

}  // namespace tacho
