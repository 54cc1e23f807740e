#pragma once
// What sum, mean and max share: which axes go, the shape that stays, the count's symbols, the slice rule, and the loop.
#include "op/rules.h"
#include "op/scalar.h"
#include "ops/sum.h"

namespace tacho {

using ReducedAxes = SmallVector<bool, kMaxRank>;

/// One flag per axis of a tensor of this rank; an empty list of axes reduces all of them, as in ONNX and PyTorch.
inline ReducedAxes reduced_axes(const ReductionAttributes& a, size_t rank) {
  ReducedAxes reduced(rank, a.axes.empty());
  for (const int64_t axis : a.axes) {
    bool& flag = reduced[size_t(normalize_axis(axis, rank))];
    expect(!flag, "expected distinct axes, got axis ", axis, " twice");
    flag = true;
  }
  return reduced;
}

/// The shape after the reduction.
inline Shape reduced_shape(const ReductionAttributes& a, const Shape& x, bool keep_dimensions) {
  const ReducedAxes reduced = reduced_axes(a, x.size());
  Shape shape;
  for (size_t axis = 0; axis < x.size(); ++axis)
    if (!reduced[axis]) shape.push_back(x[axis]);
    else if (keep_dimensions) shape.push_back(1);
  return shape;
}

/// How many elements go into one result.
inline int64_t reduced_elements(const ReductionAttributes& a, const Shape& x) {
  const ReducedAxes reduced = reduced_axes(a, x.size());
  int64_t n = 1;
  for (size_t axis = 0; axis < x.size(); ++axis)
    if (reduced[axis]) n *= x[axis];
  return n;
}

inline TensorTypes reduction_types(const OpCall& call, const ReductionAttributes& a) {
  expect(call.inputs.size() == 1, "expected one input, got ", call.inputs.size());
  expect(is_floating(call.inputs[0].dtype), "expected a floating input, got ", name_of(call.inputs[0].dtype));
  return {{call.inputs[0].dtype, reduced_shape(a, call.in(0), a.keep_dimensions)}};
}

/// The symbol of one axis; the names of shape_dimensions, so that a bias gradient reads "C*(N*H*W - 1)".
inline const char* axis_symbol(size_t rank, size_t axis) {
  static constexpr const char* kNames[5][4] = {{}, {"E"}, {"N", "D"}, {"N", "C", "L"}, {"N", "C", "H", "W"}};
  static constexpr const char* kMany[kMaxRank] = {"A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7"};
  return rank <= 4 ? kNames[rank][axis] : kMany[axis];
}

inline Bindings reduction_dimensions(const OpCall& call) {
  Bindings b;
  for (size_t axis = 0; axis < call.in(0).size(); ++axis) b.set(axis_symbol(call.in(0).size(), axis), call.in(0)[axis]);
  return b;
}

/// Number of results and of terms in each, in symbols.
struct ReductionCount {
  Expr results = 1, terms = 1;
  /// Operations that combine the terms: one fewer than terms, none where there are none.
  Expr combinations() const { return results * max(terms - 1, 0); }
};
inline ReductionCount reduction_count(const OpCall& call, const ReductionAttributes& a) {
  const size_t rank = call.in(0).size();
  const ReducedAxes reduced = reduced_axes(a, rank);
  ReductionCount count;
  for (size_t axis = 0; axis < rank; ++axis) {
    Expr& side = reduced[axis] ? count.terms : count.results;
    side = side * Expr::symbol(axis_symbol(rank, axis));
  }
  return count;
}

/// Of a call with ReductionAttributes: how often two elements are combined.
inline Expr combinations_of(const OpCall& call) {
  return reduction_count(call, call.attributes.as<ReductionAttributes>()).combinations();
}

/// Sliced along a reduced axis: a partial of this kind; along another one: sliced along what that axis becomes.
inline SliceStates slice_reduction(const OpCall& call, const SliceStates& inputs, const ReductionAttributes& a,
                                   PartialKind kind) {
  const SlicedInput sliced = common_sliced_axis(inputs);
  if (sliced.refusal) return all_outputs(call, SliceState::Refused(sliced.refusal));
  if (sliced.axis < 0) return all_outputs(call, SliceState::Whole());
  const ReducedAxes reduced = reduced_axes(a, call.in(0).size());
  if (reduced[size_t(sliced.axis)]) return all_outputs(call, SliceState::Partial(kind));
  int64_t axis = sliced.axis;
  if (!a.keep_dimensions)
    for (size_t before = 0; before < size_t(sliced.axis); ++before) axis -= reduced[before];
  return all_outputs(call, SliceState::Sliced(axis));
}

/// The slice rule of a call with ReductionAttributes.
template <PartialKind kind>
SliceStates slice_reduction_to(const OpCall& call, SliceStates& inputs) {
  return slice_reduction(call, inputs, call.attributes.as<ReductionAttributes>(), kind);
}

/// combine() over term(0) .. term(n - 1), n >= 1, in 16 interleaved runs so that the loop vectorises: n - 1
/// combinations.
template <class T, class Term, class Combine>
T reduce_terms(int64_t n, Term term, Combine combine) {
  constexpr int64_t kLanes = 16;
  if (n < 2 * kLanes) {
    T result = term(0);
    for (int64_t i = 1; i < n; ++i) result = combine(result, term(i));
    return result;
  }
  T lanes[kLanes];
  for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] = term(lane);
  int64_t i = kLanes;
  for (; i + kLanes <= n; i += kLanes)
    for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] = combine(lanes[lane], term(i + lane));
  for (int64_t lane = 0; i < n; ++i, ++lane) lanes[lane] = combine(lanes[lane], term(i));
  for (int64_t half = kLanes / 2; half > 0; half /= 2)
    for (int64_t lane = 0; lane < half; ++lane) lanes[lane] = combine(lanes[lane], lanes[lane + half]);
  return lanes[0];
}

/// y = combine over the reduced axes of x, which is read once and in order. Each result combines its terms in an order
/// that depends on the reduced extents only, so that slices along kept axes are equal to the bit. At least one term.
template <class T, class Combine>
void reduce(const T* x, const Shape& shape, const ReducedAxes& reduced, T* y, Combine combine) {
  Shape extents;  // axes merged into runs that are reduced and kept in turn
  ReducedAxes kinds;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (!extents.empty() && kinds.back() == reduced[axis]) {
      extents.back() *= shape[axis];
      continue;
    }
    extents.push_back(shape[axis]);
    kinds.push_back(reduced[axis]);
  }
  if (extents.empty()) extents.push_back(1), kinds.push_back(false);
  const size_t outer = extents.size() - 1;
  const int64_t n = extents.back();
  const bool inner_reduced = kinds.back();
  Shape steps(extents.size(), 0), index(outer, 0);  // steps of y
  int64_t step = 1;
  for (size_t run = extents.size(); run-- > 0;) {
    if (kinds[run]) continue;
    steps[run] = step;
    step *= extents[run];
  }
  int64_t offset = 0, terms_before = 0;  // the second counts outer reduced indices that are not 0
  while (true) {
    T* to = y + offset;
    if (inner_reduced) {
      const T part = reduce_terms<T>(
          n, [x](int64_t i) { return x[i]; }, combine);
      *to = terms_before == 0 ? part : combine(*to, part);
    } else if (terms_before == 0) {
      for (int64_t i = 0; i < n; ++i) to[i] = x[i];
    } else {
      for (int64_t i = 0; i < n; ++i) to[i] = combine(to[i], x[i]);
    }
    x += n;
    size_t run = outer;
    for (; run > 0; --run) {
      const size_t r = run - 1;
      offset += steps[r];
      if (++index[r] < extents[r]) {
        if (kinds[r] && index[r] == 1) ++terms_before;
        break;
      }
      offset -= steps[r] * extents[r];
      if (kinds[r] && extents[r] > 1) --terms_before;
      index[r] = 0;
    }
    if (run == 0) return;
  }
}

/// The same from a call's views, which may be empty; results without terms are `nothing`.
template <class T, class Combine>
void reduce_views(const View& x, const View& y, const ReductionAttributes& a, T nothing, Combine combine) {
  const ReducedAxes reduced = reduced_axes(a, x.shape().size());
  T* to = y.as<T>();
  if (x.elements() > 0) return reduce(x.as<T>(), x.shape(), reduced, to, combine);
  for (int64_t i = 0, n = y.elements(); i < n; ++i) to[i] = nothing;
}

}  // namespace tacho
