#pragma once
#include "ops/sum.h"

namespace tacho {

/// For max over axes, with x its input and y its output: dy at the first element (in row-major order) that equals the
/// maximum, else 0. `attributes` are those of max.
Value max_backward(Emitter& emitter, Value dy, Value x, Value y, ReductionAttributes attributes);

}  // namespace tacho
