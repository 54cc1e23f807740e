#pragma once
#include "ops/sum.h"

namespace tacho {

/// Minimum over axes (all where none is named); at least one element a result.
Value min(Emitter& emitter, Value x, ReductionAttributes attributes);

}  // namespace tacho
