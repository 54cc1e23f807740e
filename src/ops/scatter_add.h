#pragma once
#include "ops/gather.h"

namespace tacho {

/// Adjoint of gather: element i of each example of dy (N x anything) is added to element index[i] of the flattened
/// result, which is N x `shape` and starts from zeros.
Value scatter_add(Emitter& emitter, Value dy, Value index, const GatherAttributes& attributes);

}  // namespace tacho
