#include "backends/blas/product.h"

#include <limits>

namespace tacho::blas {

const char* too_large(const Product& p) {
  constexpr int64_t kLimit = std::numeric_limits<int32_t>::max();
  return p.m > kLimit || p.n > kLimit || p.k > kLimit ? "an extent exceeds BLAS's 32-bit integers" : nullptr;
}

}  // namespace tacho::blas
