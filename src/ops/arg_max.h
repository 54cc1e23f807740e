#pragma once
#include <cstdint>

#include "op/value.h"

namespace tacho {
class Emitter;

struct ArgMaxAttributes {
  int64_t axis = -1;  ///< negative: from the end
  bool keep_dimensions = false;
  static void fields(auto& self, auto&& field) {
    field("axis", self.axis);
    field("keep_dimensions", self.keep_dimensions, "keepdims");
  }
};

/// Where along an axis the largest element stands, the first of equal ones, as int64. x floating; the axis goes away
/// unless it is kept with extent 1.
Value arg_max(Emitter& emitter, Value x, int64_t axis, bool keep_dimensions = false);

}  // namespace tacho
