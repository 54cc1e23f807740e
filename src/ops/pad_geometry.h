#pragma once
// How pad's modes other than constant fill the padding: shared by pad and its adjoint.
#include "op/rules.h"
#include "ops/pad.h"

namespace tacho {

inline bool pads_with_zeros(const PadAttributes& a) { return a.mode == "constant"; }

/// The input index that index `i` of the padded axis shows. Reflection leaves the border element out: 2 1 | 0 1 2 | 1
/// 0.
inline int64_t shown_index(int64_t i, int64_t before, int64_t extent, bool reflect) {
  const int64_t at = i - before, last = extent - 1;
  if (reflect) return at < 0 ? -at : at > last ? 2 * last - at : at;
  return std::min(std::max<int64_t>(at, 0), last);
}

/// Checks amounts of a mode other than constant for an input of shape `x`.
inline void expect_fillable(const PadAttributes& a, const Shape& x) {
  expect(a.mode == "reflect" || a.mode == "edge", "mode: expected constant, reflect or edge, got '", a.mode, "'");
  for (size_t i = 0; i < x.size(); ++i) {
    const int64_t most = std::max(a.before[i], a.after[i]);
    expect(a.before[i] >= 0 && a.after[i] >= 0, "expected amounts of at least 0 in mode ", a.mode, ", got ",
           a.before[i], " and ", a.after[i], " along axis ", i);
    if (a.mode == "reflect")
      expect(most == 0 || most < x[i], "mode reflect: expected less padding than axis ", i, " of extent ", x[i],
             " has elements, got ", most);
    else expect(most == 0 || x[i] > 0, "mode edge: axis ", i, " has no elements to repeat");
  }
}

/// Calls row(first element of the padded row, first element of the input row that it shows) for each innermost row.
template <class Row>
void for_each_padded_row(const PadAttributes& a, const Shape& in, const Shape& padded, Row row) {
  const size_t last = in.size() - 1;
  const bool reflect = a.mode == "reflect";
  const int64_t rows = element_count(Shape(padded.begin(), padded.begin() + last));
  const Shape strides = strides_of(in);
  if (padded[last] == 0) return;
  for (int64_t r = 0; r < rows; ++r) {
    int64_t from = 0, rest = r;
    for (size_t axis = last; axis-- > 0; rest /= padded[axis])
      from += strides[axis] * shown_index(rest % padded[axis], a.before[axis], in[axis], reflect);
    row(r * padded[last], from);
  }
}

/// Calls element(index in the padded row, index in the input's row) for the innermost axis: the borders by their mode,
/// the middle one by one, which compilers turn into vector instructions.
template <class Element>
void for_each_padded_element(const PadAttributes& a, int64_t extent, Element element) {
  const int64_t before = a.before.back(), after = a.after.back();
  const bool reflect = a.mode == "reflect";
  for (int64_t i = 0; i < before; ++i) element(i, shown_index(i, before, extent, reflect));
  for (int64_t i = 0; i < extent; ++i) element(before + i, i);
  for (int64_t i = before + extent; i < before + extent + after; ++i)
    element(i, shown_index(i, before, extent, reflect));
}

/// The slice rule of pad and its adjoint: along an axis without padding.
inline SliceStates slice_unpadded_axes(const OpCall& call, SliceStates& inputs) {
  const auto& a = call.attributes.as<PadAttributes>();
  const SlicedInput sliced = common_sliced_axis(inputs);
  if (sliced.refusal) return all_outputs(call, SliceState::Refused(sliced.refusal));
  if (sliced.axis < 0) return all_outputs(call, SliceState::Whole());
  if (a.before[size_t(sliced.axis)] != 0 || a.after[size_t(sliced.axis)] != 0)
    return all_outputs(call, SliceState::Refused("the sliced axis is padded"));
  return all_outputs(call, SliceState::Sliced(sliced.axis));
}

}  // namespace tacho
