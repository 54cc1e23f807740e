#pragma once
#include "ops/conv2d.h"

namespace tacho {

struct Conv2dBackwardDataAttributes {
  Conv2dAttributes conv;
  std::array<int64_t, 2> image{1, 1};  ///< H, W of the convolution's input
  static void fields(auto& self, auto&& field) {
    Conv2dAttributes::fields(self.conv, field);
    field("image", self.image);
  }
};

/// Gradient of conv2d for its images: dy (N x K x OH x OW) and w (K x C/groups x KH x KW) give dx (N x C x H x W).
Value conv2d_backward_data(Emitter& emitter, Value dy, Value w, const Conv2dBackwardDataAttributes& attributes);

}  // namespace tacho
