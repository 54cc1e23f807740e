#pragma once
#include "ops/sum.h"

namespace tacho {

/// log(sum(exp(x))) over axes (all where none is named), without overflow; at least one element a result. Infinite
/// elements give what the formula gives.
Value log_sum_exp(Emitter& emitter, Value x, ReductionAttributes attributes);

}  // namespace tacho
