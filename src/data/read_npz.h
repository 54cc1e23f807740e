#pragma once
#include "data/examples.h"

namespace tacho {

/// NumPy archive with `x` (N x C x H x W images or N x features; float32, float64, integers or bool) and `y` (N or
/// N x 1 integer labels, of any of these dtypes). Stored or deflated members; sizes are checked before memory is taken.
/// Throws tacho::Error.
Examples read_npz(const std::string& path);

}  // namespace tacho
