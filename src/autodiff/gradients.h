#pragma once
#include <span>
#include <vector>

#include "op/emitter.h"

namespace tacho {

/// d loss / d each of `wrt`, emitted in phase `backward` under the layer of the operation that it belongs to; absent
/// where loss does not depend on the value. `loss` is a floating scalar on `tape`, which records what goes into
/// `emitter`. Throws tacho::Error naming the operation where one on the way has no gradient.
std::vector<Value> gradients(Emitter& emitter, const Tape& tape, Value loss, std::span<const Value> wrt);

}  // namespace tacho
