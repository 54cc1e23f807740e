#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

struct RmspropAttributes {
  double smoothing = 0.99, epsilon = 1e-8, weight_decay = 0;
  static void fields(auto& self, auto&& field) {
    field("smoothing", self.smoothing);
    field("epsilon", self.epsilon);
    field("weight_decay", self.weight_decay);
  }
};
struct RmspropUpdate {
  Value parameter, mean_square;
};

/// PyTorch's RMSprop without momentum: s' = a s + (1 - a) g^2; w' = w - lr g / (sqrt(s') + eps), where g has
/// weight_decay * w added to it. The mean square starts at zero. `learning_rate` is a scalar of w's dtype.
RmspropUpdate rmsprop_update(Emitter& emitter, Value w, Value g, Value mean_square, Value learning_rate,
                             RmspropAttributes attributes = {});

}  // namespace tacho
