#pragma once
#include <functional>

#include "analysis/matmul/matmul.h"

namespace tacho {

struct MatmulOptions {
  DType dtype = DType::float32;  ///< or float64
  std::vector<ProductSize> sizes;
  std::vector<std::string> ways;  ///< empty: all
  int64_t cutoff = 128;           ///< at most so large an extent is left to Strassen's base
  int rounds = 7;
  double most_seconds = 2;  ///< a product that is expected to take longer is skipped, with the reason
  std::function<void(const std::string& what, double share)> progress;
};

/// Sizes of a group: "square" (from `squares`), "recurrent", "transformer", "convolution". Throws tacho::Error for an
/// unknown group.
std::vector<ProductSize> product_sizes(const std::string& group, const std::vector<int64_t>& squares);

/// "naive", "blocked", "strassen", "strassen-blas", and each backend that multiplies ("reference" left out).
std::vector<std::string> matmul_ways();

/// All ways at all sizes, alternating, on one thread. Throws tacho::Error for an unknown way or where memory is short.
MatmulRecord measure_matmul(const MatmulOptions& options);

}  // namespace tacho
