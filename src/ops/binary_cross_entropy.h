#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// -t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)) elementwise, without overflow, for logits x and targets t of one
/// type.
Value binary_cross_entropy(Emitter& emitter, Value x, Value t);

}  // namespace tacho
