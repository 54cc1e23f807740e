#pragma once
// What take and its adjoint share: the axis in the middle, and indices of either integer dtype.
#include "op/rules.h"
#include "ops/take.h"

namespace tacho {

/// x as outer x extent x inner, with `length` indices instead of `extent` on the other side.
struct TakeGeometry {
  int64_t outer = 1, extent = 0, inner = 1, length = 0;
};
inline TakeGeometry take_geometry(const Shape& x, size_t axis, int64_t length) {
  TakeGeometry g{1, x[axis], 1, length};
  for (size_t i = 0; i < axis; ++i) g.outer *= x[i];
  for (size_t i = axis + 1; i < x.size(); ++i) g.inner *= x[i];
  return g;
}

inline bool is_index(DType dtype) { return dtype == DType::int32 || dtype == DType::int64; }

/// Index `i` of the tensor, counted from the end where it is negative; throws where it is outside the extent.
inline int64_t index_at(const View& index, int64_t i, int64_t extent, const char* operation) {
  const int64_t given = index.type.dtype == DType::int32 ? index.as<int32_t>()[i] : index.as<int64_t>()[i];
  if (given < -extent || given >= extent)
    fail("[", operation, "] index ", given, " is outside an axis of extent ", extent);
  return given < 0 ? given + extent : given;
}

}  // namespace tacho
