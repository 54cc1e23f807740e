#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tensor/tensor.h"

namespace tacho {

/// Writes a NumPy archive, one uncompressed .npy member per array, completely or not at all. The bytes depend on the
/// arrays only. float32, float64, int32, int64, uint8 and bool. Throws tacho::Error.
/// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
void write_npz(const std::string& path, const std::vector<std::pair<std::string, Tensor>>& arrays);

}  // namespace tacho
