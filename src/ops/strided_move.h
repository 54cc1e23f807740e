#pragma once
// Movement along strides: what slice, its adjoint, flip, concat and split share.
#include "op/rules.h"
#include "ops/walk.h"

namespace tacho {

/// One flag per axis.
using AxisFlags = SmallVector<bool, kMaxRank>;

/// y[i * step] = x[i], each a move.
template <class E>
void place_row(E* y, const E* x, int64_t n, int64_t step) {
  for (int64_t i = 0; i < n; ++i)
    if constexpr (std::is_integral_v<E>) y[i * step] = x[i];
    else copy(y[i * step], x[i]);
}

/// All elements of a contiguous tensor moved from, or with `into` to, the places of another that lie `strides` apart
/// from element `base` on; a negative stride walks backwards.
template <class T>
void move_strided(const View& contiguous, const View& strided, int64_t base, const Shape& strides, bool into) {
  with_element_type<T>(contiguous.type.dtype, [&](auto element) {
    using E = decltype(element);
    E* dense = static_cast<E*>(contiguous.data);
    E* sparse = static_cast<E*>(strided.data) + base;
    const Walk<1> walk = make_walk<1>(contiguous.shape(), {strides});
    const int64_t n = walk.extents.back(), step = walk.strides[0].back();
    for_each_row(walk, [&](int64_t first, const std::array<int64_t, 1>& offsets) {
      if (into) place_row(sparse + offsets[0], dense + first, n, step);
      else move_row(dense + first, sparse + offsets[0], n, step);
    });
  });
}

/// Sliced along an axis that the operation leaves alone: the output is sliced along it too.
inline SliceStates slice_untouched_axes(const OpCall& call, const SliceStates& inputs, const AxisFlags& touched,
                                        const char* reason) {
  const SlicedInput sliced = common_sliced_axis(inputs);
  if (sliced.refusal) return all_outputs(call, SliceState::Refused(sliced.refusal));
  if (sliced.axis < 0) return all_outputs(call, SliceState::Whole());
  if (touched[size_t(sliced.axis)]) return all_outputs(call, SliceState::Refused(reason));
  return all_outputs(call, SliceState::Sliced(sliced.axis));
}

}  // namespace tacho
