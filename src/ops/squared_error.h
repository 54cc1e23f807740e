#pragma once
#include "op/value.h"

namespace tacho {
class Emitter;

/// sum_j (z_j - y_j)^2 per example, where y is 1 at the example's label and 0 elsewhere: outputs N x D, labels int64 N
/// (each in 0..D-1: the kernel throws tacho::Error on another one), loss N.
Value squared_error(Emitter& emitter, Value outputs, Value labels);

}  // namespace tacho
