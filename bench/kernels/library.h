#pragma once
// oneDNN's own primitives where this repository's backend of that name has kernels of its own, or cuts the work in
// other pieces; and BLAS under convolutions. Empty where the library is missing.
#include <vector>

#include "bench/kernels/contest.h"
#include "ops/conv_geometry.h"
#include "tensor/shape.h"

namespace tacho::bench {

/// Windows of size x size, `stride` apart, over images of `x`, padded by `padding` on all sides.
struct MaxPooling {
  Shape x;
  int64_t size, stride, padding;
};
/// Maxima with their places kept for the gradient, and the gradient: one entry for each layout.
std::vector<Entry> onednn_max_pooling(const MaxPooling& pooling, bool backward);
/// A training step's batch normalisation in one primitive: statistics and result; or all gradients.
std::vector<Entry> onednn_batch_norm(const Shape& x, bool backward);
/// From row-major images to channels last, or back.
std::vector<Entry> onednn_reorder(const Shape& x, bool to_channels_last);

/// The product alone of a convolution that gathers its windows into a matrix before: what OpenBLAS takes for it, image
/// by image, reading one and the same matrix; the gathering would come on top. `pass`: "forward", "backward data" or
/// "backward weights".
std::vector<Entry> blas_convolution_product(const ConvGeometry& geometry, const std::string& pass);

}  // namespace tacho::bench
