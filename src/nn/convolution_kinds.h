#pragma once
// The layers that convolve, for the table in layer_kinds.cc. Filters are laid out as in PyTorch.
#include "nn/layer_kind.h"

namespace tacho {

/// The first input's shape, which must be images (batch x channels x height x width).
Shape image_shape(const LayerCall& call);
/// Adds a parameter "layer.bias" along axis 1, where the layer has one (default: yes).
Value with_bias(const LayerCall& call, Value y, int64_t channels);

/// Over batch x channels x length: filters out x in/groups x width.
Value emit_conv1d(const LayerCall& call);
/// Over images: filters out x in/groups x height x width.
Value emit_conv2d(const LayerCall& call);
/// Over batch x channels x depth x height x width: filters out x in/groups x depth x height x width.
Value emit_conv3d(const LayerCall& call);
/// Each channel alone gives `multiplier` channels: filters in*multiplier x 1 x height x width.
Value emit_depthwise_conv2d(const LayerCall& call);
/// Transposed: filters in x out/groups x height x width.
Value emit_conv_transpose2d(const LayerCall& call);

}  // namespace tacho
