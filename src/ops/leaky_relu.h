#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// Shared by leaky_relu and leaky_relu_backward.
struct LeakyReluAttributes {
  double alpha = 0.01;  ///< slope of the negative side
  static void fields(auto& self, auto&& field) { field("alpha", self.alpha); }
};

/// x where it is positive, else alpha x. Any floating shape.
Value leaky_relu(Emitter& emitter, Value x, double alpha = 0.01);

}  // namespace tacho
