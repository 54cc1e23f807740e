#pragma once
#include <cstdint>
#include <vector>

#include "op/value.h"

namespace tacho {
class Emitter;

/// As in ONNX: from `starts` up to but not including `ends` in `steps` (1 where none is given, never 0), along `axes`
/// (the first ones where none is given). Negative starts and ends count from the end; both are brought into range.
struct SliceAttributes {
  std::vector<int64_t> starts, ends, axes, steps;
  static void fields(auto& self, auto&& field) {
    field("starts", self.starts);
    field("ends", self.ends);
    field("axes", self.axes);
    field("steps", self.steps);
  }
};

/// Part of x, of any dtype.
Value slice(Emitter& emitter, Value x, const SliceAttributes& attributes);

/// `count` indices of one axis from `start` on.
Value slice_axis(Emitter& emitter, Value x, int64_t axis, int64_t start, int64_t count);

}  // namespace tacho
