#pragma once
// Where a resized image's places come from; shared by resize2d and its gradient.
#include <cmath>

#include "ops/adaptive_windows.h"

namespace tacho {

/// The places around one output's position along an axis, and the weight of the second.
struct Around {
  int64_t first = 0, second = 0;
  double weight = 0;
};

inline int64_t nearest_place(int64_t in, int64_t out, int64_t output) { return output * in / out; }

inline Around around_place(int64_t in, int64_t out, int64_t output) {
  const double at = std::max(0.0, (double(output) + 0.5) * double(in) / double(out) - 0.5);
  const int64_t first = std::min(int64_t(at), in - 1);
  return {first, std::min(first + 1, in - 1), at - double(first)};
}

/// Whether `mode` is "bilinear"; throws tacho::Error for one that is not known.
inline bool is_bilinear(const std::string& mode) {
  expect(mode == "nearest" || mode == "bilinear", "expected the mode nearest or bilinear, got '", mode, "'");
  return mode == "bilinear";
}

/// N*C*OH*OW.
inline Expr resized_elements() {
  return Expr::symbol("N") * Expr::symbol("C") * Expr::symbol("OH") * Expr::symbol("OW");
}

}  // namespace tacho
