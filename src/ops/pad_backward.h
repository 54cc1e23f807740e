#pragma once
#include "ops/pad.h"

namespace tacho {

/// The adjoint of pad in mode reflect or edge: each element of dy is added to the one that it shows. (The adjoint in
/// mode constant crops: pad with negative amounts.)
Value pad_backward(Emitter& emitter, Value dy, const PadAttributes& attributes);

}  // namespace tacho
