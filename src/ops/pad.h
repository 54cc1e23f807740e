#pragma once
#include <cstdint>
#include <vector>

#include "op/value.h"

namespace tacho {
class Emitter;

/// Zeros per axis before and after; a negative amount crops instead.
struct PadAttributes {
  std::vector<int64_t> before, after;
  static void fields(auto& self, auto&& field) {
    field("before", self.before);
    field("after", self.after);
  }
};

/// x with zeros around it; one amount per axis of x on either side.
Value pad(Emitter& emitter, Value x, const PadAttributes& attributes);

}  // namespace tacho
