#pragma once
// The kernels of this backend, one maker per file: each takes a group, or refuses it with its reason.
#include "op/backend.h"

namespace tacho::simd {

/// A matrix product with what may follow it (a bias, an activation).
OfferResult offer_matmul(const Group& group, const OfferContext& context);

// Batch normalisation on images channels last, training and inference.
/// With the sum and the relu behind it, where the group has them.
OfferResult offer_batch_norm(const Group& group, const OfferContext& context);
OfferResult offer_batch_norm_statistics(const Group& group, const OfferContext& context);
OfferResult offer_batch_norm_backward_parameters(const Group& group, const OfferContext& context);
/// Through the images (batch_norm_backward_input), through their statistics, or both and their sum.
OfferResult offer_batch_norm_input_gradient(const Group& group, const OfferContext& context);

}  // namespace tacho::simd
