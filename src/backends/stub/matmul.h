#pragma once
// The optional slots: a packed operand and a layout of the backend's own.
#include "op/backend.h"

namespace tacho::stub {

/// For a group of one float32 matmul of two matrices, the second of them whole; else the reason why not. `owner` is the
/// backend to which the output's layout belongs.
OfferResult offer_matmul(const Group& group, const Backend& owner);

/// Between row-major and the layout of offer_matmul's output, for a matrix of `type`; null for any other pair.
std::unique_ptr<Kernel> reorder(const TensorType& type, const Layout& from, const Layout& to, const Backend& owner);

}  // namespace tacho::stub
