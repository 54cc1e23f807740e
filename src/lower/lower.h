#pragma once
#include <memory>

#include "op/emitter.h"

namespace tacho {

/// Replaces conv2d by the documents' blocks: pad, gather by a constant index vector (phi), one matmul with the filters
/// and a reshape; the layer's own bias_add follows. Reverse mode through the same decorator gives W' dS, scatter-add
/// and crop. As in the documents' MATLAB code the gradient of pooling is masked by ReLU on the pooled maps, and the
/// ReLU below passes it through unchanged (the maximum's place passes it exactly where the pooled value is positive).
/// Index vectors are made once per geometry and kept, so one decorator can serve many steps. Throws tacho::Error where
/// the image has more elements than int32 can index.
std::unique_ptr<Emitter> gather_lowering(Emitter& inner);

/// Lets every matmul and conv2d round its factors to bfloat16 (ops/products.h); their gradients inherit it. Mixed
/// precision: variables, activations, gradients and sums stay what they are.
std::unique_ptr<Emitter> bfloat16_products(Emitter& inner);

/// Replaces conv2d by im2col, one matmul with the filters and a reshape; reverse mode gives col2im.
std::unique_ptr<Emitter> im2col_lowering(Emitter& inner);

}  // namespace tacho
