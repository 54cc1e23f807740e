#pragma once
#include <cstdint>

namespace tacho::simd {

/// Some of a convolution's filters, one a channel of its results.
struct FilterRange {
  int64_t first = 0, count = 0;
};

}  // namespace tacho::simd
