#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

struct MomentumAttributes {
  double momentum = 0.9, weight_decay = 0;
  bool nesterov = false;
  static void fields(auto& self, auto&& field) {
    field("momentum", self.momentum);
    field("weight_decay", self.weight_decay);
    field("nesterov", self.nesterov);
  }
};
struct MomentumUpdate {
  Value parameter, velocity;
};

/// PyTorch's SGD with momentum: v' = mu v + g; w' = w - lr v' (Nesterov: w - lr (g + mu v')), where g has
/// weight_decay * w added to it. The velocity starts at zero. `learning_rate` is a scalar of w's dtype.
MomentumUpdate momentum_update(Emitter& emitter, Value w, Value g, Value velocity, Value learning_rate,
                               MomentumAttributes attributes = {});

}  // namespace tacho
