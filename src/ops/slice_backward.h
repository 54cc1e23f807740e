#pragma once
#include <cstdint>
#include <vector>

#include "op/value.h"

namespace tacho {
class Emitter;

/// One number an axis: where the first index goes, how far apart the next ones are, and the extent of the result.
struct SliceBackwardAttributes {
  std::vector<int64_t> starts, steps, extents;
  static void fields(auto& self, auto&& field) {
    field("starts", self.starts);
    field("steps", self.steps);
    field("extents", self.extents);
  }
};

/// Zeros of shape `extents` with dy in the places that a slice was taken from.
Value slice_backward(Emitter& emitter, Value dy, const SliceBackwardAttributes& attributes);

}  // namespace tacho
