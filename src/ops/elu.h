#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

struct EluAttributes {
  double alpha = 1;  ///< depth of the negative side; at least 0
  static void fields(auto& self, auto&& field) { field("alpha", self.alpha); }
};

/// x where it is positive, else alpha (exp(x) - 1). Any floating shape.
Value elu(Emitter& emitter, Value x, double alpha = 1);

}  // namespace tacho
