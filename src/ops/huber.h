#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

struct HuberAttributes {
  double delta = 1;  ///< from which difference on it grows linearly; above 0
  static void fields(auto& self, auto&& field) { field("delta", self.delta); }
};

/// (x - t)^2 / 2 up to a difference of delta, delta (|x - t| - delta / 2) beyond, elementwise; x and t of one type.
Value huber(Emitter& emitter, Value x, Value t, double delta = 1);

}  // namespace tacho
