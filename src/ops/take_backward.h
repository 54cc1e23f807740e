#pragma once
#include <cstdint>

#include "op/value.h"

namespace tacho {
class Emitter;

struct TakeBackwardAttributes {
  int64_t axis = 0;    ///< of the result; negative: from the end
  int64_t extent = 0;  ///< of that axis
  static void fields(auto& self, auto&& field) {
    field("axis", self.axis);
    field("extent", self.extent);
  }
};

/// The adjoint of take: dy is added to zeros in the places that the indices name.
Value take_backward(Emitter& emitter, Value dy, Value index, const TakeBackwardAttributes& attributes);

}  // namespace tacho
