#pragma once
#include "ops/sum.h"

namespace tacho {

/// Product over axes (all where none is named); 1 of no elements. Its gradient is right where elements are 0.
Value prod(Emitter& emitter, Value x, ReductionAttributes attributes);

}  // namespace tacho
