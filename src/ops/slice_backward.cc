#include "ops/slice_backward.h"

#include "ops/slice_geometry.h"

namespace tacho {
namespace {

/// The places of dy's indices in dx.
Stretches stretches_of(const SliceBackwardAttributes& a, const Shape& dy) {
  Stretches result;
  for (size_t axis = 0; axis < dy.size(); ++axis)
    result.push_back({dy[axis] == 0 ? 0 : a.starts[axis], a.steps[axis], dy[axis]});
  return result;
}

struct SliceBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<SliceBackwardAttributes>();
    T* dx = run.out<T>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) dx[i] = T(0);
    const StridedPart part = part_of(stretches_of(a, run.inputs[0].shape()), run.outputs[0].shape());
    move_strided<T>(run.inputs[0], run.outputs[0], part.base, part.strides, true);
  }
};

TensorTypes slice_backward_types(const OpCall& call) {
  const auto& a = call.attributes.as<SliceBackwardAttributes>();
  expect(call.inputs.size() == 1 && is_floating(call.inputs[0].dtype) && !call.in(0).empty(),
         "expected one floating tensor of rank 1 or more");
  const Shape& dy = call.in(0);
  expect(a.starts.size() == dy.size() && a.steps.size() == dy.size() && a.extents.size() == dy.size(),
         "expected a start, a step and an extent for each of ", dy.size(), " axes, got ", a.starts.size(), ", ",
         a.steps.size(), " and ", a.extents.size());
  for (size_t axis = 0; axis < dy.size(); ++axis) {
    const int64_t start = a.starts[axis], step = a.steps[axis], extent = a.extents[axis];
    expect(step != 0 && extent >= 0, "expected steps other than 0 and extents of at least 0 along axis ", axis);
    if (dy[axis] == 0) continue;
    expect(start >= 0 && start < extent, "start ", start, " is outside axis ", axis, " of extent ", extent);
    const int64_t room = (step > 0 ? extent - 1 - start : start) / magnitude(step);
    expect(dy[axis] - 1 <= room, dy[axis], " indices from ", start, " on, ", step, " apart, leave axis ", axis,
           " of extent ", extent);
  }
  const TensorType out{call.inputs[0].dtype, Shape(a.extents.begin(), a.extents.end())};
  element_count(out.shape);
  return {out};
}

SliceStates slice_backward_slice(const OpCall& call, SliceStates& inputs) {
  const Stretches stretches = stretches_of(call.attributes.as<SliceBackwardAttributes>(), call.in(0));
  AxisFlags touched;
  for (size_t axis = 0; axis < stretches.size(); ++axis)
    touched.push_back(!stretches[axis].is_all_of(call.out(0)[axis]));
  return slice_untouched_axes(call, inputs, touched, "the sliced axis was only partly taken");
}

// The same places read again. An end before index 0 is written as the least number, since -1 would count from the end.
Values slice_backward_gradient(const GradientCall& g) {
  const auto& a = g.attributes.as<SliceBackwardAttributes>();
  const Shape dy = g.emitter.type(g.inputs[0]).shape;
  SliceAttributes taken{a.starts, {}, {}, a.steps};
  for (size_t axis = 0; axis < dy.size(); ++axis) {
    const int64_t last = dy[axis] == 0 ? a.starts[axis] : a.starts[axis] + (dy[axis] - 1) * a.steps[axis];
    if (dy[axis] == 0) taken.ends.push_back(a.steps[axis] > 0 ? 0 : INT64_MAX);
    else if (a.steps[axis] > 0) taken.ends.push_back(last + 1);
    else taken.ends.push_back(last == 0 ? INT64_MIN : last - 1);
  }
  return {slice(g.emitter, g.output_gradients[0], taken)};
}

}  // namespace

extern const OpDef op_slice_backward{
    .name = "slice_backward",
    .doc = "dx[start_0 + i step_0, ...] = dy[i, ...] in zeros.",
    .source = "adjoint of slice",
    .traits = Trait::movement,
    .types = slice_backward_types,
    .dimensions = input_dimensions,
    .count = [](const OpCall& call) { return OpCount{.move = elements(call.in(0))}; },
    .slice = slice_backward_slice,
    .gradient = slice_backward_gradient,
    .reference = reference_of<SliceBackwardReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {2, 3, 2, 2}}},
                 SliceBackwardAttributes{{0, 0, 1, 5}, {1, 1, 2, 1}, {2, 3, 5, 7}},
                 {}},
                {{{DType::float32, {3, 6}}}, SliceBackwardAttributes{{0, 16}, {1, -3}, {3, 17}}, {}},
                {{{DType::float32, {4}}}, SliceBackwardAttributes{{3}, {-1}, {4}}, {}},
                {{{DType::float32, {5, 0}}}, SliceBackwardAttributes{{0, 0}, {1, 1}, {5, 4}}, {}}},
};

Value slice_backward(Emitter& emitter, Value dy, const SliceBackwardAttributes& attributes) {
  return emit_one(emitter, op_slice_backward, attributes, Values{dy});
}

}  // namespace tacho
