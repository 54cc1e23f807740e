#pragma once
#include "op/backend.h"

namespace tacho::onednn {

/// For a group of a float32 conv2d with bias and activation, or of a conv2d_backward_data; else the reason why not.
OfferResult offer_convolution(const Group& group, const OfferContext& context);
/// For a conv2d_backward_weights.
OfferResult offer_convolution_weights(const Group& group, const OfferContext& context);

}  // namespace tacho::onednn
