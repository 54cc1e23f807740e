#pragma once
// More of what reductions and their adjoints share: results that need a term, parts that merge, the adjoint's slice
// rule.
#include <algorithm>

#include "ops/reduction_geometry.h"
#include "ops/walk.h"

namespace tacho {

/// For reductions that are nothing without a term.
inline TensorTypes nonempty_reduction_types(const OpCall& call) {
  const auto& a = call.attributes.as<ReductionAttributes>();
  const TensorTypes types = reduction_types(call, a);
  expect(reduced_elements(a, call.in(0)) > 0 || element_count(types[0].shape) == 0,
         "expected at least one element a result, got ", call.in(0));
  return types;
}

/// Samples of the largest or smallest element over axes.
inline std::vector<Sample> extreme_samples() {
  const auto sample = [](const Shape& x, ReductionAttributes attributes) {
    return Sample{{{DType::float32, x}}, std::move(attributes), {{Fill::distinct}}};
  };
  return {sample({3, 17}, {{1}}), sample({3, 4, 5, 7}, {{0, 2, 3}, true}), sample({67}, {}),
          sample({3, 1, 31}, {{0, 1}}), sample({0, 3}, {{1}})};
}

/// into = combine(into, from), elementwise: the merge rule of a reduction by `combine`.
template <class Combine>
void merge_elements(const View& into, const View& from, Combine combine) {
  const auto merge = [&](auto* x, const auto* y) {
    for (int64_t i = 0, n = into.elements(); i < n; ++i) x[i] = combine(x[i], y[i]);
  };
  if (into.type.dtype == DType::float64) merge(into.as<double>(), from.as<double>());
  else merge(into.as<float>(), from.as<float>());
}

/// Checks the inputs of a reduction's adjoint: x is input `of_x`, the others have the type of the result.
inline TensorTypes reduction_adjoint_types(const OpCall& call, size_t inputs, size_t of_x) {
  expect(call.inputs.size() == inputs, "expected ", inputs, " inputs, got ", call.inputs.size());
  const auto& a = call.attributes.as<ReductionAttributes>();
  const TensorType& x = call.inputs[of_x];
  const TensorType result{x.dtype, reduced_shape(a, x.shape, a.keep_dimensions)};
  expect(is_floating(x.dtype), "expected floating inputs, got ", name_of(x.dtype));
  for (size_t i = 0; i < inputs; ++i)
    expect(i == of_x || call.inputs[i] == result, "expected ", result, " as input ", i, ", got ", call.inputs[i]);
  return {x};
}

/// Of such an adjoint, sliced along a kept axis: all inputs and the output are sliced along it. `reason` refuses slices
/// along a reduced one.
inline SliceStates slice_reduction_adjoint(const OpCall& call, SliceStates& inputs, size_t of_x, const char* reason) {
  const auto& a = call.attributes.as<ReductionAttributes>();
  const ReducedAxes reduced = reduced_axes(a, call.in(of_x).size());
  SmallVector<int64_t, kMaxRank> axes_of_x;  // the axis of x that each axis of the result is
  for (size_t axis = 0; axis < reduced.size(); ++axis)
    if (a.keep_dimensions || !reduced[axis]) axes_of_x.push_back(int64_t(axis));
  int64_t axis = -1;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].kind == SliceState::partial) return {SliceState::Refused("reads a value that is still partial")};
    if (inputs[i].kind != SliceState::sliced) continue;
    const int64_t own = i == of_x ? inputs[i].axis : axes_of_x[size_t(inputs[i].axis)];
    if (reduced[size_t(own)]) return {SliceState::Refused(reason)};
    if (axis >= 0 && own != axis) return {SliceState::Refused("inputs are sliced along different axes")};
    axis = own;
  }
  if (axis < 0) return {SliceState::Whole()};
  const auto in_result = std::find(axes_of_x.begin(), axes_of_x.end(), axis) - axes_of_x.begin();
  for (size_t i = 0; i < inputs.size(); ++i) inputs[i] = SliceState::Sliced(i == of_x ? axis : int64_t(in_result));
  return {SliceState::Sliced(axis)};
}

/// The kept and the reduced axes of x as walks over it: results, and the terms of each.
struct ReductionWalks {
  Walk<1> results, terms;
};
inline ReductionWalks reduction_walks(const ReductionAttributes& a, const Shape& x) {
  const ReducedAxes reduced = reduced_axes(a, x.size());
  const Shape steps = strides_of(x);
  Shape extents[2], strides[2];
  for (size_t axis = 0; axis < x.size(); ++axis) {
    extents[reduced[axis]].push_back(x[axis]);
    strides[reduced[axis]].push_back(steps[axis]);
  }
  return {make_walk<1>(extents[0], {strides[0]}), make_walk<1>(extents[1], {strides[1]})};
}

/// Calls one(result, its first term's place in x) for each result.
template <class One>
void for_each_result(const Walk<1>& results, One one) {
  for_each_row(results, [&](int64_t first, const std::array<int64_t, 1>& offsets) {
    for (int64_t i = 0; i < results.extents.back(); ++i) one(first + i, offsets[0] + i * results.strides[0].back());
  });
}

/// combine() over term(place in x) of all terms of the result that begins at `base`, in an order that depends on the
/// reduced extents only.
template <class T, class Term, class Combine>
T combine_terms(const Walk<1>& terms, int64_t base, Term term, Combine combine) {
  T result(0);
  for_each_row(terms, [&](int64_t first, const std::array<int64_t, 1>& offsets) {
    const int64_t from = base + offsets[0], step = terms.strides[0].back();
    const T part = reduce_terms<T>(
        terms.extents.back(), [&](int64_t i) { return term(from + i * step); }, combine);
    result = first == 0 ? part : combine(result, part);
  });
  return result;
}

}  // namespace tacho
