#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

struct LambAttributes {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-6, weight_decay = 0;
  static void fields(auto& self, auto&& field) {
    field("beta1", self.beta1);
    field("beta2", self.beta2);
    field("epsilon", self.epsilon);
    field("weight_decay", self.weight_decay);
  }
};
struct LambDirection {
  Value direction, first_moment, second_moment;
};

/// Where LAMB goes before it is scaled: Adam's direction with corrected moments, plus weight_decay * w. Moments start
/// at zero; `step` (int64 scalar) is 1 for the first step. emit_update (nn/optimizer.h) scales it by the norms of w and
/// of itself.
LambDirection lamb_direction(Emitter& emitter, Value w, Value g, Value first_moment, Value second_moment, Value step,
                             LambAttributes attributes = {});

}  // namespace tacho
