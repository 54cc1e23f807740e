#include "ops/flip.h"

#include "ops/slice_geometry.h"

namespace tacho {
namespace {

AxisFlags flipped_axes(const Attributes& attributes, size_t rank) {
  AxisFlags flipped(rank, false);
  for (const int64_t axis : attributes.as<FlipAttributes>().axes) {
    bool& flag = flipped[size_t(normalize_axis(axis, rank))];
    expect(!flag, "expected distinct axes, got axis ", axis, " twice");
    flag = true;
  }
  return flipped;
}

struct FlipReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const Shape& shape = run.inputs[0].shape();
    const AxisFlags flipped = flipped_axes(attributes, shape.size());
    Stretches stretches;
    for (size_t axis = 0; axis < shape.size(); ++axis)
      stretches.push_back(flipped[axis] ? stretch_of(shape[axis], -1, INT64_MIN, -1) : Stretch{0, 1, shape[axis]});
    const StridedPart part = part_of(stretches, shape);
    move_strided<T>(run.outputs[0], run.inputs[0], part.base, part.strides, false);
  }
};

TensorTypes flip_types(const OpCall& call) {
  expect(call.inputs.size() == 1 && !call.in(0).empty(), "expected one tensor of rank 1 or more");
  flipped_axes(call.attributes, call.in(0).size());
  return {call.inputs[0]};
}

}  // namespace

extern const OpDef op_flip{
    .name = "flip",
    .doc = "y[..., i, ...] = x[..., n - 1 - i, ...] along some axes.",
    .source = "PyTorch's flip",
    .traits = Trait::movement,
    .types = flip_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.move = elements(call.out(0))}; },
    .slice =
        [](const OpCall& call, SliceStates& inputs) {
          return slice_untouched_axes(call, inputs, flipped_axes(call.attributes, call.in(0).size()),
                                      "the sliced axis is turned round");
        },
    .gradient = [](const GradientCall& g) -> Values {
      return {flip(g.emitter, g.output_gradients[0], g.attributes.as<FlipAttributes>().axes)};
    },
    .reference = reference_of<FlipReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}}, FlipAttributes{{3}}, {}},
                {{{DType::float32, {3, 17}}}, FlipAttributes{{0, -1}}, {}},
                {{{DType::float32, {31}}}, FlipAttributes{{0}}, {}},
                {{{DType::float32, {2, 3, 4}}}, FlipAttributes{{1}}, {}},
                {{{DType::float32, {0, 3}}}, FlipAttributes{{0}}, {}}},
};

Value flip(Emitter& emitter, Value x, std::vector<int64_t> axes) {
  return emit_one(emitter, op_flip, FlipAttributes{std::move(axes)}, Values{x});
}

}  // namespace tacho
