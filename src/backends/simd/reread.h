#pragma once
#include <hwy/base.h>

namespace tacho::simd {

/// The same pointer or number, about which the compiler knows nothing: what depends on it is computed again, or read
/// again, where it is needed. Two dozen places that a tile or a window sees fit in no registers; kept "in registers"
/// they went to and fro between those of vectors and others or memory, which took longer than what was computed.
template <class T>
HWY_INLINE T reread(T value) {
#if HWY_COMPILER_GCC || HWY_COMPILER_CLANG
  asm("" : "+r"(value));
#endif
  return value;
}

}  // namespace tacho::simd
