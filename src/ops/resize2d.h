#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "op/value.h"

namespace tacho {
class Emitter;

struct Resize2dAttributes {
  std::array<int64_t, 2> size{1, 1};  ///< OH, OW
  std::string mode = "nearest";       ///< "nearest" or "bilinear"
  static void fields(auto& self, auto&& field) {
    field("size", self.size);
    field("mode", self.mode);
  }
};

/// Images x (N x C x H x W) at another size. Nearest takes row floor(i H / OH); bilinear weighs the two rows around
/// (i + 1/2) H / OH - 1/2, columns alike: PyTorch's interpolate without align_corners.
Value resize2d(Emitter& emitter, Value x, const Resize2dAttributes& attributes);

}  // namespace tacho
