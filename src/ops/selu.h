#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// The defaults are the fixed point of the paper; alpha and gamma are at least 0.
struct SeluAttributes {
  double alpha = 1.6732632423543772;  ///< depth of the negative side
  double gamma = 1.0507009873554805;  ///< factor of the whole
  static void fields(auto& self, auto&& field) {
    field("alpha", self.alpha);
    field("gamma", self.gamma);
  }
};

/// gamma times elu(x) with the constants that keep activations normalised. Any floating shape.
Value selu(Emitter& emitter, Value x);

}  // namespace tacho
