#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "op/value.h"

namespace tacho {
class Emitter;

/// Elements per axis before and after. Mode constant: zeros, and a negative amount crops instead. Mode reflect: the
/// neighbours in reverse, without the border itself, fewer than there are. Mode edge: the border repeated.
struct PadAttributes {
  std::vector<int64_t> before, after;
  std::string mode = "constant";
  static void fields(auto& self, auto&& field) {
    field("before", self.before);
    field("after", self.after);
    field("mode", self.mode);
  }
};

/// x with zeros or with copies of its elements around it; one amount per axis of x on either side.
Value pad(Emitter& emitter, Value x, const PadAttributes& attributes);

}  // namespace tacho
