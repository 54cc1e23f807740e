#pragma once
// A wrong count is worse than none: integer arithmetic that refuses to overflow.
#include <cstdint>

#include "base/error.h"

namespace tacho {

/// a + b; throws tacho::Error where the result does not fit 64 bits.
inline int64_t checked_add(int64_t a, int64_t b) {
  int64_t result;
  if (__builtin_add_overflow(a, b, &result)) fail("count too large: ", a, " + ", b, " does not fit 64 bits");
  return result;
}

/// a - b; throws tacho::Error where the result does not fit 64 bits.
inline int64_t checked_sub(int64_t a, int64_t b) {
  int64_t result;
  if (__builtin_sub_overflow(a, b, &result)) fail("count too large: ", a, " - ", b, " does not fit 64 bits");
  return result;
}

/// a * b; throws tacho::Error where the result does not fit 64 bits.
inline int64_t checked_mul(int64_t a, int64_t b) {
  int64_t result;
  if (__builtin_mul_overflow(a, b, &result)) fail("count too large: ", a, " * ", b, " does not fit 64 bits");
  return result;
}

/// The largest integer not above a / b, for any signs; throws tacho::Error for b = 0 and on overflow.
inline int64_t checked_floor_div(int64_t a, int64_t b) {
  if (b == 0) fail("division by zero in a count: floor(", a, "/0)");
  if (b == -1) return checked_sub(0, a);
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/// The smallest integer not below a / b, for any signs; throws tacho::Error for b = 0 and on overflow.
inline int64_t checked_ceil_div(int64_t a, int64_t b) {
  if (b == 0) fail("division by zero in a count: ceil(", a, "/0)");
  if (b == -1) return checked_sub(0, a);
  return a / b + (a % b != 0 && (a < 0) == (b < 0));
}

}  // namespace tacho
