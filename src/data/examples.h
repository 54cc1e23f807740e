#pragma once
// What every reader hands over, and the size rules that all of them keep.
#include <cstdint>
#include <string>

#include "tensor/tensor.h"

namespace tacho {

/// One part of a data set as its file holds it: pixels not normalised, labels not mapped.
struct Examples {
  Tensor x;          ///< float32, N x C x H x W for images, else N x features
  Tensor y;          ///< int64, N: the labels as they stand in the file
  std::string kind;  ///< "built-in", "idx", "mat", "npz" or "libsvm"
  int64_t size() const { return x.shape()[0]; }
  bool images() const { return x.shape().size() == 4; }
};

/// Largest number of bytes that a file of `file_bytes` may unfold to: deflate cannot exceed 1032:1, large files must
/// stay below 256:1, and nothing above 16 GiB is held in memory. A hostile file thus cannot ask for much more than it
/// brings.
int64_t unfolded_limit(int64_t file_bytes);

/// The same for sparse files, whose zeros take no room at all: 64 MiB, or 256 times the file where that is more.
int64_t sparse_limit(int64_t file_bytes);

/// N x features as images where the number of features is that of a known image (784: 1x28x28, 1024: 1x32x32,
/// 3072: 3x32x32), else as it is. Images are stored plane by plane, each plane row by row.
Tensor as_images_where_sized(const Tensor& x);

/// A label as an integer; throws tacho::Error with `where` and the example's number where it is not one.
int64_t integer_label(double value, const std::string& where, int64_t example);

}  // namespace tacho
