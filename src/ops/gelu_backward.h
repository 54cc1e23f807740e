#pragma once
#include "ops/gelu.h"

namespace tacho {

/// The gradient of gelu at x.
Value gelu_backward(Emitter& emitter, Value dy, Value x, const std::string& approximate);

}  // namespace tacho
