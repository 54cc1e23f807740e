#pragma once
#include "ops/sum.h"

namespace tacho {

/// Maximum over axes (all where none is named); at least one element a result.
Value max(Emitter& emitter, Value x, ReductionAttributes attributes);

}  // namespace tacho
