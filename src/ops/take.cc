#include "ops/take.h"

#include "ops/take_backward.h"
#include "ops/take_geometry.h"
#include "ops/walk.h"

namespace tacho {
namespace {

struct TakeReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const View &x = run.inputs[0], &index = run.inputs[1];
    const size_t axis = size_t(normalize_axis(attributes.as<TakeAttributes>().axis, x.shape().size()));
    const TakeGeometry g = take_geometry(x.shape(), axis, index.elements());
    with_element_type<T>(x.type.dtype, [&](auto element) {
      using E = decltype(element);
      const E* from = static_cast<const E*>(x.data);
      E* to = static_cast<E*>(run.outputs[0].data);
      for (int64_t outer = 0; outer < g.outer; ++outer, from += g.extent * g.inner)
        for (int64_t i = 0; i < g.length; ++i, to += g.inner)
          move_row(to, from + index_at(index, i, g.extent, "take") * g.inner, g.inner, 1);
    });
  }
};

TensorTypes take_types(const OpCall& call) {
  expect(call.inputs.size() == 2 && !call.in(0).empty() && is_index(call.inputs[1].dtype),
         "expected a tensor of rank 1 or more and int32 or int64 indices");
  const Shape& x = call.in(0);
  const size_t axis = size_t(normalize_axis(call.attributes.as<TakeAttributes>().axis, x.size()));
  TensorType out{call.inputs[0].dtype, Shape(x.begin(), x.begin() + axis)};
  for (const int64_t extent : call.in(1)) out.shape.push_back(extent);
  for (size_t i = axis + 1; i < x.size(); ++i) out.shape.push_back(x[i]);
  element_count(out.shape);
  return {out};
}

SliceStates take_slice(const OpCall& call, SliceStates& inputs) {
  const int64_t axis = normalize_axis(call.attributes.as<TakeAttributes>().axis, call.in(0).size());
  const SliceState x = inputs[0], index = inputs[1];
  if (x.kind == SliceState::partial || index.kind == SliceState::partial)
    return {SliceState::Refused("reads a value that is still partial")};
  if (x.kind == SliceState::sliced && index.kind == SliceState::sliced)
    return {SliceState::Refused("inputs are sliced along different axes")};
  if (index.kind == SliceState::sliced) return {SliceState::Sliced(axis + index.axis)};
  if (x.kind != SliceState::sliced) return {SliceState::Whole()};
  if (x.axis == axis) return {SliceState::Refused("an index may point into any slice of the axis")};
  return {SliceState::Sliced(x.axis < axis ? x.axis : x.axis + int64_t(call.in(1).size()) - 1)};
}

Values take_gradient(const GradientCall& g) {
  const Shape x = g.emitter.type(g.inputs[0]).shape;
  const int64_t axis = normalize_axis(g.attributes.as<TakeAttributes>().axis, x.size());
  return {take_backward(g.emitter, g.output_gradients[0], g.inputs[1], {axis, x[size_t(axis)]}), Value{}};
}

}  // namespace

extern const OpDef op_take{
    .name = "take",
    .doc = "y[.., i, j, .., k] = x[.., index[i, j, ..], k] along an axis.",
    .source = "ONNX Gather; NumPy's take",
    .traits = Trait::movement,
    .types = take_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.move = elements(call.out(0))}; },
    .slice = take_slice,
    .gradient = take_gradient,
    .reference = reference_of<TakeReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}, {DType::int32, {4}}}, TakeAttributes{2}, {{}, {Fill::index, 5}}},
                {{{DType::float32, {31, 17}}, {DType::int64, {3, 2}}}, TakeAttributes{0}, {{}, {Fill::index, 31}}},
                {{{DType::float32, {3, 17}}, {DType::int64, {5}}}, TakeAttributes{-1}, {{}, {Fill::index, 17}}},
                {{{DType::float32, {3, 4}}, {DType::int32, {}}}, TakeAttributes{1}, {{}, {Fill::index, 4}}},
                {{{DType::float32, {0, 3}}, {DType::int32, {2}}}, TakeAttributes{1}, {{}, {Fill::index, 3}}}},
};

Value take(Emitter& emitter, Value x, Value index, int64_t axis) {
  return emit_one(emitter, op_take, TakeAttributes{axis}, Values{x, index});
}

}  // namespace tacho
