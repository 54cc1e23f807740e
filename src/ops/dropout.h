#pragma once
#include <cstdint>

#include "op/value.h"

namespace tacho {
class Emitter;

struct DropoutAttributes {
  double rate = 0.5;   ///< probability that an element becomes 0; at least 0 and below 1
  int64_t stream = 0;  ///< tells apart the dropouts of one step: each has its own random numbers
  static void fields(auto& self, auto&& field) {
    field("rate", self.rate, "ratio");
    field("stream", self.stream);
  }
};

/// Each element of x becomes 0 with probability `rate`, else x / (1 - rate). Which ones is a function of `seed` and
/// `step` (int64 scalars), the stream and the element's index in the whole value: nothing is stored, the gradient draws
/// the same numbers again, and slices and threads change nothing.
Value dropout(Emitter& emitter, Value x, Value seed, Value step, const DropoutAttributes& attributes);

}  // namespace tacho
