#pragma once
// The kernels of this backend, one maker per file: each takes a group, or refuses it with its reason.
#include "op/backend.h"

namespace tacho::simd {

/// A matrix product with what may follow it (a bias, an activation).
OfferResult offer_matmul(const Group& group, const OfferContext& context);

}  // namespace tacho::simd
