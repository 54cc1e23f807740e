#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

struct RunningAverageAttributes {
  double momentum = 0.1;  ///< weight of the new value, as in PyTorch (ONNX's momentum is 1 minus this)
  double factor = 1;      ///< applied to the new value: n/(n-1) turns a biased variance into the unbiased one
  static void fields(auto& self, auto&& field) {
    field("momentum", self.momentum);
    field("factor", self.factor);
  }
};

/// (1 - momentum) * running + momentum * factor * value; both of one type.
Value running_average(Emitter& emitter, Value running, Value value, RunningAverageAttributes attributes = {});

}  // namespace tacho
