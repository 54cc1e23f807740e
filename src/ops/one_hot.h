#pragma once
#include <cstdint>
#include <string>

#include "op/value.h"
#include "tensor/dtype.h"

namespace tacho {
class Emitter;

struct OneHotAttributes {
  int64_t classes = 1;
  std::string dtype = "float32";  ///< of the result: float32 or float64
  static void fields(auto& self, auto&& field) {
    field("classes", self.classes, "depth");
    field("dtype", self.dtype);
  }
};

/// A row of `classes` numbers for each index: 1 in its place, else 0. Indices int32 or int64, of any rank; negative
/// ones count from the end.
Value one_hot(Emitter& emitter, Value index, int64_t classes, DType dtype);

}  // namespace tacho
