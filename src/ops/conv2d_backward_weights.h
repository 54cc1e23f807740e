#pragma once
#include "ops/conv2d.h"

namespace tacho {

struct Conv2dBackwardWeightsAttributes {
  Conv2dAttributes conv;
  std::array<int64_t, 2> kernel{1, 1};  ///< KH, KW of the filters
  static void fields(auto& self, auto&& field) {
    Conv2dAttributes::fields(self.conv, field);
    field("kernel", self.kernel, "kernel_shape");
  }
};

/// Gradient of conv2d for its filters: dy (N x K x OH x OW) and x (N x C x H x W) give dw (K x C/groups x KH x KW).
Value conv2d_backward_weights(Emitter& emitter, Value dy, Value x, const Conv2dBackwardWeightsAttributes& attributes);

}  // namespace tacho
