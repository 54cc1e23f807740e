#pragma once
// How images lie between the kernels of this backend: channels last, plain memory that any slice of the batch cuts.
#include "op/backend.h"

namespace tacho::simd {

/// N x C x H x W stored as N, H, W, C: the layout of op/layout.h that every backend may use.
Layout nhwc_layout();
bool is_nhwc(const Layout& layout);

/// Whether this operand may lie so: images (rank 4) taken in slices of the batch. A value that is whole may be cut
/// along rows by the plan, which it does in row-major order.
bool may_be_nhwc(const GroupOperand& operand);

/// Transposes each of `images` matrices of rows x columns.
using TransposeImages = void (*)(const void* from, void* to, int64_t images, int64_t rows, int64_t columns);

/// Backend::reorder: between row-major and nhwc_layout(), for float32, float64, int32 and uint8 (boolean). Null for
/// other layouts and types.
std::unique_ptr<Kernel> make_reorder_kernel(const TensorType& type, const Layout& from, const Layout& to);

}  // namespace tacho::simd
