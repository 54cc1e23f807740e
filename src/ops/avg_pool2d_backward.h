#pragma once
#include "ops/avg_pool2d.h"

namespace tacho {

struct AvgPool2dBackwardAttributes {
  AvgPool2dAttributes pool;
  std::array<int64_t, 2> image{1, 1};  ///< H, W of the pooling's input
  static void fields(auto& self, auto&& field) {
    AvgPool2dAttributes::fields(self.pool, field);
    field("image", self.image);
  }
};

/// Gradient of avg_pool2d: dy (N x C x OH x OW), divided evenly among the places of its windows: N x C x H x W.
Value avg_pool2d_backward(Emitter& emitter, Value dy, const AvgPool2dBackwardAttributes& attributes);

}  // namespace tacho
