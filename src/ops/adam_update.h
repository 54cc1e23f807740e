#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

struct AdamAttributes {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  bool decoupled = false;  ///< AdamW: w shrinks by lr * weight_decay instead of the decay entering g
  static void fields(auto& self, auto&& field) {
    field("beta1", self.beta1);
    field("beta2", self.beta2);
    field("epsilon", self.epsilon);
    field("weight_decay", self.weight_decay);
    field("decoupled", self.decoupled);
  }
};
struct AdamUpdate {
  Value parameter, first_moment, second_moment;
};

/// PyTorch's Adam (AdamW where decoupled). The moments start at zero. `learning_rate` is a scalar of w's dtype, `step`
/// an int64 scalar that counts from 1 (the kernel throws tacho::Error below that).
AdamUpdate adam_update(Emitter& emitter, Value w, Value g, Value first_moment, Value second_moment, Value learning_rate,
                       Value step, AdamAttributes attributes = {});

}  // namespace tacho
