#pragma once
#include <cstdint>
#include <vector>

#include "op/value.h"
#include "tensor/shape.h"

namespace tacho {
class Emitter;

struct ExpandAttributes {
  std::vector<int64_t> shape;  ///< of the whole result
  static void fields(auto& self, auto&& field) { field("shape", self.shape); }
};

/// `x` repeated to `shape`, to which it must broadcast. Returns `x` itself where it has that shape already.
Value expand(Emitter& emitter, Value x, const Shape& shape);

}  // namespace tacho
