#pragma once
#include <cstdint>
#include <vector>

#include "op/value.h"

namespace tacho {
class Emitter;

struct SplitAttributes {
  std::vector<int64_t> sizes;  ///< of the pieces; together the extent of the axis
  int64_t axis = 0;
  static void fields(auto& self, auto&& field) {
    field("sizes", self.sizes, "split");
    field("axis", self.axis);
  }
};

/// x cut along an axis (negative: from the end) into pieces of these sizes, at most kMaxOperands of them; any dtype.
Values split(Emitter& emitter, Value x, std::vector<int64_t> sizes, int64_t axis);

}  // namespace tacho
