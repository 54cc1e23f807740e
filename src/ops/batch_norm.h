#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// Shared by batch_norm and its adjoints.
struct BatchNormAttributes {
  double epsilon = 1e-5;
  static void fields(auto& self, auto&& field) { field("epsilon", self.epsilon); }
};

/// scale (x - mean) / sqrt(variance + epsilon) + bias, where x is N x C x ... and the others have one number per
/// channel: the batch's own statistics in training (batch_norm_statistics), running ones in inference.
Value batch_norm(Emitter& emitter, Value x, Value scale, Value bias, Value mean, Value variance,
                 BatchNormAttributes attributes = {});

}  // namespace tacho
