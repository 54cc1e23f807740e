#pragma once
#include <cstdint>
#include <vector>

#include "op/value.h"

namespace tacho {
class Emitter;

struct ReshapeAttributes {
  std::vector<int64_t> shape;  ///< of the whole value; one extent may be -1: what remains
  static void fields(auto& self, auto&& field) { field("shape", self.shape); }
};

/// The same elements in row-major order under another shape; one extent may be -1. A view: it costs nothing. Returns
/// `x` itself where it has that shape already.
Value reshape(Emitter& emitter, Value x, std::vector<int64_t> shape);

}  // namespace tacho
