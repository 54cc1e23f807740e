#pragma once
#include <cstdint>

#include "op/value.h"

namespace tacho {
class Emitter;

/// Shared by softmax, log_softmax and their adjoints.
struct AxisAttributes {
  int64_t axis = -1;  ///< negative: from the end
  static void fields(auto& self, auto&& field) { field("axis", self.axis); }
};

/// exp(x) along an axis, divided by its sum there. Any floating shape of rank 1 or more.
Value softmax(Emitter& emitter, Value x, int64_t axis = -1);

}  // namespace tacho
