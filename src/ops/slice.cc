#include "ops/slice.h"

#include "ops/slice_backward.h"
#include "ops/slice_geometry.h"

namespace tacho {
namespace {

struct SliceReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const Shape& shape = run.inputs[0].shape();
    const StridedPart part = part_of(stretches_of(attributes.as<SliceAttributes>(), shape), shape);
    move_strided<T>(run.outputs[0], run.inputs[0], part.base, part.strides, false);
  }
};

TensorTypes slice_types(const OpCall& call) {
  expect(call.inputs.size() == 1, "expected one input, got ", call.inputs.size());
  expect(!call.in(0).empty(), "expected a tensor of rank 1 or more");
  TensorType out = call.inputs[0];
  const Stretches stretches = stretches_of(call.attributes.as<SliceAttributes>(), out.shape);
  for (size_t axis = 0; axis < out.shape.size(); ++axis) out.shape[axis] = stretches[axis].count;
  return {out};
}

SliceStates slice_slice(const OpCall& call, SliceStates& inputs) {
  const Stretches stretches = stretches_of(call.attributes.as<SliceAttributes>(), call.in(0));
  AxisFlags touched;
  for (size_t axis = 0; axis < stretches.size(); ++axis)
    touched.push_back(!stretches[axis].is_all_of(call.in(0)[axis]));
  return slice_untouched_axes(call, inputs, touched, "only part of the sliced axis is taken");
}

Values slice_gradient(const GradientCall& g) {
  const Shape x = g.emitter.type(g.inputs[0]).shape;
  SliceBackwardAttributes placed;
  for (const Stretch& stretch : stretches_of(g.attributes.as<SliceAttributes>(), x)) {
    placed.starts.push_back(stretch.start);
    placed.steps.push_back(stretch.step);
  }
  placed.extents.assign(x.begin(), x.end());
  return {slice_backward(g.emitter, g.output_gradients[0], placed)};
}

}  // namespace

extern const OpDef op_slice{
    .name = "slice",
    .doc = "y[i, j, ...] = x[start_0 + i step_0, start_1 + j step_1, ...].",
    .source = "ONNX Slice",
    .traits = Trait::movement,
    .types = slice_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.move = elements(call.out(0))}; },
    .slice = slice_slice,
    .gradient = slice_gradient,
    .reference = reference_of<SliceReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}}, SliceAttributes{{1, -2}, {4, 100}, {2, 3}, {2, 1}}, {}},
                {{{DType::float32, {3, 17}}}, SliceAttributes{{-1}, {-100}, {1}, {-3}}, {}},
                {{{DType::float32, {31}}}, SliceAttributes{{4}, {29}, {}, {}}, {}},
                {{{DType::float32, {5, 4}}}, SliceAttributes{{0, 3}, {5, 3}, {}, {}}, {}},
                {{{DType::float32, {3, 4, 5}}}, SliceAttributes{{2, 4}, {-4, 0}, {0, 2}, {-1, -2}}, {}},
                {{{DType::float32, {0, 3}}}, SliceAttributes{{1}, {3}, {1}, {}}, {}}},
};

Value slice(Emitter& emitter, Value x, const SliceAttributes& attributes) {
  return emit_one(emitter, op_slice, attributes, Values{x});
}

Value slice_axis(Emitter& emitter, Value x, int64_t axis, int64_t start, int64_t count) {
  return slice(emitter, x, {{start}, {start + count}, {axis}, {}});
}

}  // namespace tacho
