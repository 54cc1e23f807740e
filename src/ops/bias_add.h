#pragma once
#include <cstdint>

#include "op/value.h"

namespace tacho {
class Emitter;

struct BiasAddAttributes {
  int64_t axis = 1;  ///< of x; may be negative
  static void fields(auto& self, auto&& field) { field("axis", self.axis); }
};

/// x plus vector b along `axis`, whose extent is b's length.
Value bias_add(Emitter& emitter, Value x, Value b, BiasAddAttributes attributes = {});

}  // namespace tacho
