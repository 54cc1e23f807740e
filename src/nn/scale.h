#pragma once
// Wider and deeper versions of a network, so that its time can be measured against its size.
#include "nn/spec.h"

namespace tacho {

/// Every layer's channels or features times `factor`, the network's outputs left as they are; a convolution in as many
/// groups as channels (depthwise) keeps one channel a group. Throws tacho::Error where a product is no whole number.
NetworkSpec scale_width(NetworkSpec network, double factor);

/// Each block `factor` times in a row. A block is what lies between a layer and the `add` that joins its result to that
/// layer's (a residual block with an identity shortcut, with the activation behind it); in a network without such
/// blocks, a convolution or linear layer with the layers behind it that keep the shape (normalisation, activation), the
/// last one left out. Copies have as many inputs as outputs; copied convolutions have stride 1 and keep the image's
/// size. Throws tacho::Error where the network has neither.
NetworkSpec scale_depth(const NetworkSpec& network, int64_t factor);

}  // namespace tacho
