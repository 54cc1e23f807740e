#pragma once
#include <cstdint>

#include "op/value.h"

namespace tacho {
class Emitter;

struct TakeAttributes {
  int64_t axis = 0;  ///< of x; negative: from the end
  static void fields(auto& self, auto&& field) { field("axis", self.axis); }
};

/// Elements of x along an axis by an int32 or int64 tensor of indices of any rank, whose axes stand in the place of
/// `axis`; negative indices count from the end. x of any dtype. (`gather` is phi, the index vector of the documents.)
Value take(Emitter& emitter, Value x, Value index, int64_t axis = 0);

}  // namespace tacho
