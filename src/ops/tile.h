#pragma once
#include <cstdint>
#include <vector>

#include "op/value.h"

namespace tacho {
class Emitter;

struct TileAttributes {
  std::vector<int64_t> repeats;  ///< one an axis, each at least 1
  static void fields(auto& self, auto&& field) { field("repeats", self.repeats); }
};

/// x repeated side by side: repeats[i] times along axis i; any dtype.
Value tile(Emitter& emitter, Value x, std::vector<int64_t> repeats);

}  // namespace tacho
