#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

struct EluBackwardAttributes {
  double alpha = 1;  ///< depth of the negative side, before gamma
  double gamma = 1;  ///< factor of the whole
  static void fields(auto& self, auto&& field) {
    field("alpha", self.alpha);
    field("gamma", self.gamma);
  }
};

/// The gradient of elu (gamma 1) and selu from their output y.
Value elu_backward(Emitter& emitter, Value dy, Value y, const EluBackwardAttributes& attributes);

}  // namespace tacho
