#pragma once
#include <cstdint>
#include <vector>

#include "op/value.h"

namespace tacho {
class Emitter;

struct FlipAttributes {
  std::vector<int64_t> axes;  ///< negative ones count from the end
  static void fields(auto& self, auto&& field) { field("axes", self.axes); }
};

/// x with the order of the elements turned round along these axes; any dtype.
Value flip(Emitter& emitter, Value x, std::vector<int64_t> axes);

}  // namespace tacho
