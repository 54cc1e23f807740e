#pragma once
#include <string>

#include "op/value.h"
#include "tensor/dtype.h"

namespace tacho {
class Emitter;

struct CastAttributes {
  std::string to = "float32";  ///< float32, float64, int32, int64, uint8 or bool
  static void fields(auto& self, auto&& field) { field("to", self.to); }
};

/// The elements of x as another dtype. Between floating dtypes: to nearest, ties to even. From floating to integer:
/// towards zero, numbers outside the range to its ends, NaN to 0. To a smaller integer: to the ends of its range. To
/// bool: x != 0. From bool: 0 or 1. Returns `x` itself where it has that dtype already.
Value cast(Emitter& emitter, Value x, DType to);

}  // namespace tacho
