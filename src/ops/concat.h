#pragma once
#include <cstdint>
#include <span>

#include "op/value.h"

namespace tacho {
class Emitter;

struct ConcatAttributes {
  int64_t axis = 0;
  static void fields(auto& self, auto&& field) { field("axis", self.axis); }
};

/// The parts one after another along an axis (negative: from the end); alike in every other axis and of one dtype. At
/// most kMaxOperands parts.
Value concat(Emitter& emitter, std::span<const Value> parts, int64_t axis);

}  // namespace tacho
