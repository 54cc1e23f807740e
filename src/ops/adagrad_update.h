#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

struct AdagradAttributes {
  double epsilon = 1e-10, weight_decay = 0;
  static void fields(auto& self, auto&& field) {
    field("epsilon", self.epsilon);
    field("weight_decay", self.weight_decay);
  }
};
struct AdagradUpdate {
  Value parameter, sum_of_squares;
};

/// PyTorch's Adagrad without rate decay: s' = s + g^2; w' = w - lr g / (sqrt(s') + eps), where g has weight_decay * w
/// added to it. The sum of squares starts at zero. `learning_rate` is a scalar of w's dtype.
AdagradUpdate adagrad_update(Emitter& emitter, Value w, Value g, Value sum_of_squares, Value learning_rate,
                             AdagradAttributes attributes = {});

}  // namespace tacho
