#pragma once
// What the adaptive average pooling and its gradient share, besides the loops of pool_geometry.h.
#include "ops/pool_geometry.h"

namespace tacho {

/// Throws tacho::Error unless image and windows are at least 1 x 1 and their products fit.
inline void check_even_windows(const std::array<int64_t, 2>& image, const std::array<int64_t, 2>& windows) {
  for (size_t axis = 0; axis < 2; ++axis) {
    expect(image[axis] >= 1 && windows[axis] >= 1, "expected images and windows of at least 1 x 1, got ", image[0],
           " x ", image[1], " and ", windows[0], " x ", windows[1]);
    checked_mul(image[axis], checked_add(windows[axis], 1));
  }
}

/// N, C, H and W of the image, OH and OW of the windows.
inline Bindings even_dimensions(const Shape& image, const Shape& windows) {
  return {{"N", image[0]}, {"C", image[1]}, {"H", image[2]}, {"W", image[3]}, {"OH", windows[2]}, {"OW", windows[3]}};
}

/// In those symbols: planes N*C, windows of a plane, and places that all windows of a plane see.
struct EvenWindows {
  Expr planes, windows, seen;
};
inline EvenWindows even_windows() {
  const auto s = [](const char* name) { return Expr::symbol(name); };
  const auto seen = [&](const char* in, const char* out) {
    const Expr i = s("i");
    return Expr::sum("i", s(out), ceil_div((i + 1) * s(in), s(out)) - floor_div(i * s(in), s(out)));
  };
  return {s("N") * s("C"), s("OH") * s("OW"), seen("H", "OH") * seen("W", "OW")};
}

}  // namespace tacho
