#pragma once
#include <array>
#include <cstdint>

#include "op/value.h"

namespace tacho {
class Emitter;

struct AdaptiveAvgPool2dBackwardAttributes {
  std::array<int64_t, 2> image{1, 1};  ///< H, W of the pooling's input
  static void fields(auto& self, auto&& field) { field("image", self.image); }
};

/// Gradient of adaptive_avg_pool2d: dy (N x C x OH x OW), divided evenly among the places of its windows.
Value adaptive_avg_pool2d_backward(Emitter& emitter, Value dy, const AdaptiveAvgPool2dBackwardAttributes& attributes);

}  // namespace tacho
