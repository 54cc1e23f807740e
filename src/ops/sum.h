#pragma once
#include <cstdint>
#include <vector>

#include "op/value.h"
#include "tensor/shape.h"

namespace tacho {
class Emitter;

/// `axes` may be negative; the axes go away unless `keep_dimensions`. Shared by sum, mean and max.
struct ReductionAttributes {
  std::vector<int64_t> axes;
  bool keep_dimensions = false;
  static void fields(auto& self, auto&& field) {
    field("axes", self.axes);
    field("keep_dimensions", self.keep_dimensions, "keepdims");
  }
};

/// Sum over axes.
Value sum(Emitter& emitter, Value x, ReductionAttributes attributes);

/// Sums a value of a broadcast shape back to `wanted`: the adjoint of broadcasting. Returns `x` itself where the shapes
/// are equal.
Value sum_to(Emitter& emitter, Value x, const Shape& wanted);

}  // namespace tacho
