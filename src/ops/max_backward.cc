#include "ops/max_backward.h"

#include "ops/reduction_geometry.h"
#include "ops/walk.h"

namespace tacho {
namespace {

struct MaxBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const Shape& shape = run.inputs[1].shape();
    const ReducedAxes reduced = reduced_axes(attributes.as<ReductionAttributes>(), shape.size());
    const Shape steps = strides_of(shape);
    Shape extents[2], strides[2];  // of the kept and of the reduced axes
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      extents[reduced[axis]].push_back(shape[axis]);
      strides[reduced[axis]].push_back(steps[axis]);
    }
    const Walk<1> kept = make_walk<1>(extents[0], {strides[0]}), terms = make_walk<1>(extents[1], {strides[1]});
    for_each_row(kept, [&](int64_t first, const std::array<int64_t, 1>& offsets) {
      for (int64_t i = 0; i < kept.extents.back(); ++i)
        one_result<T>(run, terms, offsets[0] + i * kept.strides[0].back(), first + i);
    });
  }

  /// The elements of x from `base` on whose maximum is y[result].
  template <class T>
  static void one_result(const KernelRun& run, const Walk<1>& terms, int64_t base, int64_t result) {
    const T dy = run.in<T>(0)[result], y = run.in<T>(2)[result];
    const int64_t step = terms.strides[0].back();
    using Mask = decltype(equal(y, y));
    Mask open{true};  // none found yet
    for_each_row(terms, [&](int64_t, const std::array<int64_t, 1>& offsets) {
      const T* x = run.in<T>(1) + base + offsets[0];
      T* dx = run.out<T>(0) + base + offsets[0];
      for (int64_t i = 0; i < terms.extents.back(); ++i) {
        const Mask fresh = Mask(equal(x[i * step], y) & open);
        dx[i * step] = select(fresh, dy, T(0));
        open = Mask(open & !fresh);
      }
    });
  }
};

TensorTypes max_backward_types(const OpCall& call) {
  expect(call.inputs.size() == 3, "expected dy, x and y, got ", call.inputs.size(), " inputs");
  const auto& a = call.attributes.as<ReductionAttributes>();
  const TensorType& x = call.inputs[1];
  const TensorType result{x.dtype, reduced_shape(a, x.shape, a.keep_dimensions)};
  expect(is_floating(x.dtype), "expected floating inputs, got ", name_of(x.dtype));
  for (const size_t i : {0, 2})
    expect(call.inputs[i] == result, "expected ", result, " as input ", i, ", got ", call.inputs[i]);
  return {x};
}

/// The axis of x that axis `axis` of y is, or -1 for one that was reduced.
int64_t axis_of_x(const ReductionAttributes& a, const ReducedAxes& reduced, int64_t axis) {
  if (a.keep_dimensions) return reduced[size_t(axis)] ? -1 : axis;
  for (size_t own = 0; own < reduced.size(); ++own)
    if (!reduced[own] && axis-- == 0) return int64_t(own);
  return -1;
}

SliceStates max_backward_slice(const OpCall& call, SliceStates& inputs) {
  const auto& a = call.attributes.as<ReductionAttributes>();
  const ReducedAxes reduced = reduced_axes(a, call.in(1).size());
  int64_t axis = -1;  // of x
  for (size_t i = 0; i < 3; ++i) {
    if (inputs[i].kind == SliceState::partial) return {SliceState::Refused("reads a value that is still partial")};
    if (inputs[i].kind != SliceState::sliced) continue;
    const int64_t own = i == 1 ? inputs[i].axis : axis_of_x(a, reduced, inputs[i].axis);
    if (own < 0 || reduced[size_t(own)])
      return {SliceState::Refused("the first of several equal maxima is not known from one slice of them")};
    if (axis >= 0 && own != axis) return {SliceState::Refused("inputs are sliced along different axes")};
    axis = own;
  }
  if (axis < 0) return {SliceState::Whole()};
  int64_t result_axis = axis;
  if (!a.keep_dimensions)
    for (size_t before = 0; before < size_t(axis); ++before) result_axis -= reduced[before];
  inputs[0] = inputs[2] = SliceState::Sliced(result_axis);
  inputs[1] = SliceState::Sliced(axis);
  return {SliceState::Sliced(axis)};
}

}  // namespace

extern const OpDef op_max_backward{
    .name = "max_backward",
    .doc = "dx = dy at the first element of x that equals the maximum y, else 0.",
    .source = "adjoint of max over axes",
    .types = max_backward_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.cmp = elements(call.out(0))}; },
    .slice = max_backward_slice,
    .reference = reference_of<MaxBackwardReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {3}}, {DType::float32, {3, 17}}, {DType::float32, {3}}},
                 ReductionAttributes{{1}},
                 {{Fill::normal}, {Fill::distinct}, {Fill::distinct}}},
                {{{DType::float32, {1, 4, 1, 1}}, {DType::float32, {3, 4, 5, 7}}, {DType::float32, {1, 4, 1, 1}}},
                 ReductionAttributes{{0, 2, 3}, true},
                 {{Fill::normal}, {Fill::distinct}, {Fill::distinct}}},
                {{{DType::float32, {31}}, {DType::float32, {3, 31}}, {DType::float32, {31}}},
                 ReductionAttributes{{0}},
                 {{Fill::normal}, {Fill::number, 0, 1}, {Fill::number, 0, 1}}}},
};

Value max_backward(Emitter& emitter, Value dy, Value x, Value y, ReductionAttributes attributes) {
  return emit_one(emitter, op_max_backward, std::move(attributes), Values{dy, x, y});
}

}  // namespace tacho
