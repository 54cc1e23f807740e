#pragma once
#include "data/examples.h"

namespace tacho {

/// MATLAB .mat as simpleNN ships it: `Z`, N x features, one example per row, dense or sparse, and `y` with N labels.
/// A row is an image stored plane by plane, each plane row by row (so images come out upright); rows of 784, 1024 or
/// 3072 become 1x28x28, 1x32x32 or 3x32x32. matio parses the file in a child process with limits. Throws tacho::Error.
Examples read_mat(const std::string& path);

}  // namespace tacho
