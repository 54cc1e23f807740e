#pragma once
// Operations that work along one axis, a row of it at a time: what softmax, its relatives and arg_max share.
#include "ops/reduction_geometry.h"
#include "ops/softmax.h"

namespace tacho {

/// A tensor as rows of n elements, `inner` apart, `outer` x `inner` of them.
struct AxisRows {
  int64_t outer = 1, n = 0, inner = 1;

  /// Calls row(its first element) for each row; none where they have no elements.
  template <class Row>
  void for_each(Row row) const {
    if (n == 0) return;
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i) row(o * n * inner + i);
  }
};
inline AxisRows axis_rows(const Shape& shape, int64_t given) {
  const size_t axis = size_t(normalize_axis(given, shape.size()));
  AxisRows rows{1, shape[axis], 1};
  for (size_t i = 0; i < axis; ++i) rows.outer *= shape[i];
  for (size_t i = axis + 1; i < shape.size(); ++i) rows.inner *= shape[i];
  return rows;
}

/// Elements `step` apart, such as one row along an axis.
template <class T>
struct Strided {
  T* first;
  int64_t step;
  T& operator[](int64_t i) const { return first[i * step]; }
};

/// Calls row(in, y, n) for each row of n elements along the attribute's axis: y is the output's row, in(i) that of
/// input i, all Strided.
template <class T, class Row>
void for_each_axis_row(const Attributes& attributes, const KernelRun& run, Row row) {
  const AxisRows rows = axis_rows(run.outputs[0].shape(), attributes.as<AxisAttributes>().axis);
  rows.for_each([&](int64_t first) {
    const auto in = [&](size_t i) { return Strided<const T>{run.in<T>(i) + first, rows.inner}; };
    row(in, Strided<T>{run.out<T>(0) + first, rows.inner}, rows.n);
  });
}

/// The output: the floating type that all inputs share, with the attribute's axis.
inline TensorTypes axis_types(const OpCall& call) {
  const TensorTypes types = same_as_first(call);
  normalize_axis(call.attributes.as<AxisAttributes>().axis, call.in(0).size());
  return types;
}

/// Rows and their length in symbols.
inline ReductionCount axis_count(const OpCall& call, int64_t axis) {
  return reduction_count(call, {{normalize_axis(axis, call.in(0).size())}});
}
inline ReductionCount axis_count(const OpCall& call) {
  return axis_count(call, call.attributes.as<AxisAttributes>().axis);
}

/// Sliced along another axis, all inputs together.
inline SliceStates slice_beside_axis(const OpCall& call, SliceStates& inputs) {
  const SlicedInput sliced = common_sliced_axis(inputs);
  if (sliced.refusal) return all_outputs(call, SliceState::Refused(sliced.refusal));
  if (sliced.axis < 0) return all_outputs(call, SliceState::Whole());
  if (sliced.axis == normalize_axis(call.attributes.as<AxisAttributes>().axis, call.in(0).size()))
    return all_outputs(call, SliceState::Refused("each result needs the whole row"));
  for (SliceState& input : inputs) input = SliceState::Sliced(sliced.axis);
  return all_outputs(call, SliceState::Sliced(sliced.axis));
}

/// The largest and the sum of n elements. The order depends on n only, so that slices along any other axis are equal to
/// the bit.
template <class T>
T row_max(Strided<const T> x, int64_t n) {
  return reduce_terms<T>(
      n, [=](int64_t i) { return x[i]; }, [](T a, T b) { return max(a, b); });
}
template <class T, class Term>
T row_sum(int64_t n, Term term) {
  return reduce_terms<T>(n, term, [](T a, T b) { return a + b; });
}

/// Samples of `operands` tensors each: rows of classes, channels of images, tails, one element, nothing.
inline std::vector<Sample> axis_samples(size_t operands) {
  std::vector<Sample> samples;
  const auto sample = [&](Shape shape, int64_t axis) {
    samples.push_back({std::vector<TensorType>(operands, {DType::float32, shape}), AxisAttributes{axis}, {}});
  };
  sample({5, 10}, 1), sample({2, 3, 5, 7}, 1), sample({3, 67}, -1), sample({31}, 0), sample({37, 3}, 0);
  sample({17, 1}, 1), sample({0, 3}, 1);
  return samples;
}

}  // namespace tacho
