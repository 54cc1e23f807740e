#pragma once
#include "ops/max_pool2d.h"

namespace tacho {

struct MaxPool2dBackwardAttributes {
  MaxPool2dAttributes pool;
  std::array<int64_t, 2> image{1, 1};  ///< H, W of the pooling's input
  static void fields(auto& self, auto&& field) {
    MaxPool2dAttributes::fields(self.pool, field);
    field("image", self.image);
  }
};

/// Gradient of max_pool2d: each element of dy (N x C x OH x OW) is added where its maximum was found; `index` is
/// max_pool2d's. The result is N x C x H x W.
Value max_pool2d_backward(Emitter& emitter, Value dy, Value index, const MaxPool2dBackwardAttributes& attributes);

}  // namespace tacho
