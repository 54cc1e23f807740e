#pragma once
#include <limits>

#include "op/value.h"

namespace tacho {
class Emitter;

/// Shared by clip and clip_backward.
struct ClipAttributes {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  /// The gradient is 0 on the bounds, and so is read from y (relu6's): x need not be kept for it. Else it is 1 there.
  bool open = false;
  static void fields(auto& self, auto&& field) {
    field("low", self.low, "min");
    field("high", self.high, "max");
    field("open", self.open);
  }
};

/// x brought into [low, high], elementwise; an infinite end bounds nothing. Any floating shape.
Value clip(Emitter& emitter, Value x, ClipAttributes attributes);

}  // namespace tacho
