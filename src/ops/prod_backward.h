#pragma once
#include "ops/sum.h"

namespace tacho {

/// The gradient of prod at x: dy times the product of the other elements, without a division.
Value prod_backward(Emitter& emitter, Value dy, Value x, ReductionAttributes attributes);

}  // namespace tacho
