#pragma once
// Our own kernels on images in blocks, so that a chain of convolutions stays in oneDNN's layout from end to end. They
// refuse row-major images, for which other backends' kernels are as good.
#include "op/backend.h"

namespace tacho::onednn {

/// relu, relu_backward, add of two images of one shape.
OfferResult offer_elementwise(const Group& group, const OfferContext& context);
OfferResult offer_max_pool2d(const Group& group, const OfferContext& context);
OfferResult offer_max_pool2d_backward(const Group& group, const OfferContext& context);
/// A bias gradient: sum over images and places, for each channel.
OfferResult offer_channel_sum(const Group& group);
/// From blocks to a row-major tensor of another shape, in one pass.
OfferResult offer_reshape(const Group& group);

}  // namespace tacho::onednn
