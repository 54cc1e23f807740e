#pragma once
#include <cstdint>
#include <span>

namespace tacho::bench {

/// `batch` products of m x k by k x n, each factor transposed in memory where it says so. Distinct operands for each
/// item of the batch.
struct ProductShape {
  const char* name;
  int64_t m, n, k;
  bool transpose_a = false, transpose_b = false;
  int64_t batch = 1;
  bool weights = false;  ///< B is the same for many calls, so it may be packed beforehand
};

/// What convolutional networks, an LSTM and an encoder block multiply, forward and backward.
std::span<const ProductShape> product_shapes();

}  // namespace tacho::bench
