#pragma once
#include <limits>

#include "op/value.h"

namespace tacho {
class Emitter;

/// Shared by clip and clip_backward.
struct ClipAttributes {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  static void fields(auto& self, auto&& field) {
    field("low", self.low, "min");
    field("high", self.high, "max");
  }
};

/// x brought into [low, high], elementwise; an infinite end bounds nothing. Any floating shape.
Value clip(Emitter& emitter, Value x, double low, double high);

}  // namespace tacho
