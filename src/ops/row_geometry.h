#pragma once
// What normalize_rows and its gradient share: rows of trailing axes.
#include "op/rules.h"
#include "op/scalar.h"
#include "ops/normalize_rows.h"
#include "ops/reduction_geometry.h"

namespace tacho {

struct Rows {
  int64_t count = 0, length = 0;
};

/// How x falls into rows; throws tacho::Error where it has too few axes or empty rows.
inline Rows rows_of(const NormalizeRowsAttributes& a, const Shape& x) {
  expect(a.axes >= 1 && a.axes <= int64_t(x.size()), "expected 1 to ", x.size(), " axes in a row of ", x, ", got ",
         a.axes);
  const size_t first = x.size() - size_t(a.axes);
  const Rows rows{element_count(Shape(x.begin(), x.begin() + first)), element_count(Shape(x.begin() + first, x.end()))};
  expect(rows.length >= 1, "expected rows of at least one element, got ", x);
  return rows;
}

/// x's shape with 1 for the row's axes.
inline Shape one_per_row(const NormalizeRowsAttributes& a, Shape x) {
  for (size_t axis = x.size() - size_t(a.axes); axis < x.size(); ++axis) x[axis] = 1;
  return x;
}

/// R rows of L elements.
inline Bindings row_dimensions(const OpCall& call) {
  const Rows rows = rows_of(call.attributes.as<NormalizeRowsAttributes>(), call.in(0));
  return {{"R", rows.count}, {"L", rows.length}};
}

/// Each row alone: any axis in front of the rows can be sliced.
inline SliceStates slice_leading_axes(const OpCall& call, SliceStates& inputs) {
  const SlicedInput sliced = common_sliced_axis(inputs);
  if (sliced.refusal) return all_outputs(call, SliceState::Refused(sliced.refusal));
  if (sliced.axis < 0) return all_outputs(call, SliceState::Whole());
  if (sliced.axis >= int64_t(call.in(0).size()) - call.attributes.as<NormalizeRowsAttributes>().axes)
    return all_outputs(call, SliceState::Refused("a row's statistics need all of the row"));
  for (SliceState& input : inputs) input = SliceState::Sliced(sliced.axis);
  return all_outputs(call, SliceState::Sliced(sliced.axis));
}

}  // namespace tacho
