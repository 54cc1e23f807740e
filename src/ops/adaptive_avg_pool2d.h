#pragma once
#include <array>
#include <cstdint>

#include "op/value.h"

namespace tacho {
class Emitter;

struct AdaptiveAvgPool2dAttributes {
  std::array<int64_t, 2> windows{1, 1};  ///< OH, OW
  static void fields(auto& self, auto&& field) { field("windows", self.windows); }
};

/// Means of OH x OW windows that cover x (N x C x H x W) evenly; window i sees rows floor(i H / OH) to
/// ceil((i + 1) H / OH). Where the windows divide the image this is avg_pool2d and is emitted as such.
Value adaptive_avg_pool2d(Emitter& emitter, Value x, const AdaptiveAvgPool2dAttributes& attributes);

}  // namespace tacho
