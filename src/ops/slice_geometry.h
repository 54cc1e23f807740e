#pragma once
// Which elements slice takes: shared by slice, its adjoint and flip.
#include <algorithm>

#include "ops/slice.h"
#include "ops/strided_move.h"

namespace tacho {

/// Of one axis: `count` indices from `start` on, `step` apart. Without indices `start` is 0, so that no address is made
/// of it.
struct Stretch {
  int64_t start = 0, step = 1, count = 0;
  bool is_all_of(int64_t extent) const { return start == 0 && step == 1 && count == extent; }
};
using Stretches = SmallVector<Stretch, kMaxRank>;

/// |step|. The least int64, which has no positive counterpart, counts as one less: no extent is as large as either.
inline int64_t magnitude(int64_t step) { return step > 0 ? step : step == INT64_MIN ? INT64_MAX : -step; }

/// From `start` up to but not including `end` along an axis of this extent, as ONNX reads them.
inline Stretch stretch_of(int64_t extent, int64_t start, int64_t end, int64_t step) {
  if (start < 0) start += extent;
  if (end < 0) end += extent;
  // Forwards both lie in 0 .. extent; backwards the first index in 0 .. extent - 1, and the end may be -1, before it.
  const int64_t last = step > 0 ? extent : extent - 1;
  start = std::clamp(start, std::min<int64_t>(0, last), last);
  end = std::clamp<int64_t>(end, step > 0 ? 0 : -1, last);
  const int64_t length = step > 0 ? end - start : start - end;
  if (length <= 0) return {0, step, 0};
  return {start, step, 1 + (length - 1) / magnitude(step)};
}

inline Stretches stretches_of(const SliceAttributes& a, const Shape& x) {
  const size_t given = a.starts.size();
  expect(a.ends.size() == given && (a.axes.empty() || a.axes.size() == given) &&
             (a.steps.empty() || a.steps.size() == given) && given <= x.size(),
         "expected as many ends, axes and steps as starts, at most one an axis, got ", given, " starts and ",
         a.ends.size(), " ends for rank ", x.size());
  Stretches result;
  for (const int64_t extent : x) result.push_back({0, 1, extent});
  AxisFlags seen(x.size(), false);
  for (size_t i = 0; i < given; ++i) {
    const size_t axis = size_t(normalize_axis(a.axes.empty() ? int64_t(i) : a.axes[i], x.size()));
    expect(!seen[axis], "expected distinct axes, got axis ", axis, " twice");
    seen[axis] = true;
    const int64_t step = a.steps.empty() ? 1 : a.steps[i];
    expect(step != 0, "expected a step other than 0 along axis ", axis);
    result[axis] = stretch_of(x[axis], a.starts[i], a.ends[i], step);
  }
  return result;
}

/// Steps and first element of the stretches in a row-major tensor of this shape.
struct StridedPart {
  int64_t base = 0;
  Shape strides;
};
inline StridedPart part_of(const Stretches& stretches, const Shape& shape) {
  const Shape plain = strides_of(shape);
  StridedPart part;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    // One index takes no step: its product with a step of any size might not fit.
    part.strides.push_back(stretches[axis].count > 1 ? plain[axis] * stretches[axis].step : 0);
    part.base += plain[axis] * stretches[axis].start;
  }
  return part;
}

}  // namespace tacho
