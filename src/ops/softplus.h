#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

struct SoftplusAttributes {
  double beta = 1;  ///< how sharply it bends at 0; larger than 0
  static void fields(auto& self, auto&& field) { field("beta", self.beta); }
};

/// log(1 + exp(beta x)) / beta: a relu without a kink. Any floating shape.
Value softplus(Emitter& emitter, Value x, double beta = 1);

}  // namespace tacho
