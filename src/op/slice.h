#pragma once
// The slice rule's vocabulary (architecture sections 3 and 5): how a value relates to a computation that runs slice by
// slice.
#include <span>
#include <string>

#include "base/small_vector.h"
#include "op/value.h"

namespace tacho {

/// How partial results of slices become the whole.
enum class PartialKind : uint8_t {
  sum,    ///< elementwise sum
  max,    ///< elementwise maximum
  merge,  ///< by the operation's own `merge` rule (batch statistics)
};

/// State of one value with respect to the slicing.
struct SliceState {
  enum Kind : uint8_t { whole, sliced, partial, refused } kind = whole;
  int8_t axis = 0;                         ///< for `sliced`
  PartialKind combine = PartialKind::sum;  ///< for `partial`
  const char* reason = nullptr;            ///< for `refused`: static text
  static SliceState Whole() { return {}; }
  static SliceState Sliced(int64_t axis) { return {sliced, int8_t(axis), PartialKind::sum, nullptr}; }
  static SliceState Partial(PartialKind kind) { return {partial, 0, kind, nullptr}; }
  static SliceState Refused(const char* why) { return {refused, 0, PartialKind::sum, why}; }
  bool is_sliced(int64_t a) const { return kind == sliced && axis == a; }
  friend bool operator==(const SliceState& a, const SliceState& b) {
    return a.kind == b.kind && (a.kind != sliced || a.axis == b.axis) && (a.kind != partial || a.combine == b.combine);
  }
};
using SliceStates = SmallVector<SliceState, kMaxOperands>;

/// Which part of the whole a kernel call works on. `begin` and `count` are in rows of the step's batch axis (of the
/// sliced axis for a node sliced alone); an operand with more rows than that axis (batch x sequence flattened) has
/// proportionally more in its view.
struct Slice {
  int64_t begin = 0, count = 0, total = 0;
};

}  // namespace tacho
