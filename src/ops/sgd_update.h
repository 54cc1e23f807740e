#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

struct SgdAttributes {
  double weight_decay = 0;
  static void fields(auto& self, auto&& field) { field("weight_decay", self.weight_decay); }
};

/// w - learning_rate * g, where g has weight_decay * w added to it. `learning_rate` is a scalar of w's dtype.
Value sgd_update(Emitter& emitter, Value w, Value g, Value learning_rate, SgdAttributes attributes = {});

}  // namespace tacho
