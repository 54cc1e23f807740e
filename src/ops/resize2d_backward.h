#pragma once
#include "ops/resize2d.h"

namespace tacho {

struct Resize2dBackwardAttributes {
  std::array<int64_t, 2> image{1, 1};  ///< H, W of the resize's input
  std::string mode = "nearest";        ///< as in Resize2dAttributes
  static void fields(auto& self, auto&& field) {
    field("image", self.image);
    field("mode", self.mode);
  }
};

/// Gradient of resize2d: each element of dy (N x C x OH x OW) goes to the places it came from, by their weights.
Value resize2d_backward(Emitter& emitter, Value dy, const Resize2dBackwardAttributes& attributes);

}  // namespace tacho
