#pragma once
#include <cstdint>

#include "op/value.h"

namespace tacho {
class Emitter;

struct BatchNormStatisticsBackwardAttributes {
  /// Elements of one channel of the whole: a kernel that sees one slice of the batch divides by that. 0: as many as it
  /// sees; then only the channels can be sliced. batch_norm_statistics_backward() fills it in.
  int64_t terms = 0;
  static void fields(auto& self, auto&& field) { field("terms", self.terms); }
};

/// dmean / n + dvariance 2 (x - mean) / n: x is N x C x ..., the others have one number per channel.
Value batch_norm_statistics_backward(Emitter& emitter, Value x, Value mean, Value dmean, Value dvariance);

}  // namespace tacho
