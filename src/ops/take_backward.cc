#include "ops/take_backward.h"

#include "op/scalar.h"
#include "ops/take_geometry.h"

namespace tacho {
namespace {

struct TakeBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const Shape& shape = run.outputs[0].shape();
    const View& index = run.inputs[1];
    const size_t axis = size_t(normalize_axis(attributes.as<TakeBackwardAttributes>().axis, shape.size()));
    const TakeGeometry g = take_geometry(shape, axis, index.elements());
    const T* dy = run.in<T>(0);
    T* dx = run.out<T>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) dx[i] = T(0);
    for (int64_t outer = 0; outer < g.outer; ++outer, dx += g.extent * g.inner)
      for (int64_t i = 0; i < g.length; ++i, dy += g.inner) {
        T* to = dx + index_at(index, i, g.extent, "take_backward") * g.inner;
        for (int64_t k = 0; k < g.inner; ++k) to[k] += dy[k];
      }
  }
};

/// The axis of the result; dy has the indices' axes in its place.
size_t taken_axis(const OpCall& call) {
  expect(call.in(0).size() + 1 > call.in(1).size(), "expected gradients with the axes of the indices, got ", call.in(0),
         " and ", call.in(1));
  return size_t(
      normalize_axis(call.attributes.as<TakeBackwardAttributes>().axis, call.in(0).size() + 1 - call.in(1).size()));
}

TensorTypes take_backward_types(const OpCall& call) {
  expect(call.inputs.size() == 2 && is_floating(call.inputs[0].dtype) && is_index(call.inputs[1].dtype),
         "expected floating gradients and int32 or int64 indices");
  const int64_t extent = call.attributes.as<TakeBackwardAttributes>().extent;
  const Shape &dy = call.in(0), &index = call.in(1);
  const size_t axis = taken_axis(call);
  expect(std::equal(index.begin(), index.end(), dy.begin() + axis), "expected the axes of indices ", index,
         " from axis ", axis, " on, got ", dy);
  expect(extent >= 0, "expected an extent of at least 0, got ", extent);
  TensorType out{call.inputs[0].dtype, Shape(dy.begin(), dy.begin() + axis)};
  out.shape.push_back(extent);
  for (size_t i = axis + index.size(); i < dy.size(); ++i) out.shape.push_back(dy[i]);
  element_count(out.shape);
  return {out};
}

SliceStates take_backward_slice(const OpCall& call, SliceStates& inputs) {
  const int64_t axis = int64_t(taken_axis(call)), rank = int64_t(call.in(1).size());
  int64_t sliced = -1;  // of dy
  for (size_t i = 0; i < 2; ++i) {
    if (inputs[i].kind == SliceState::partial) return {SliceState::Refused("reads a value that is still partial")};
    if (inputs[i].kind != SliceState::sliced) continue;
    const int64_t own = i == 0 ? inputs[i].axis : axis + inputs[i].axis;
    if (sliced >= 0 && own != sliced) return {SliceState::Refused("inputs are sliced along different axes")};
    sliced = own;
  }
  if (sliced < 0) return {SliceState::Whole()};
  inputs[0] = SliceState::Sliced(sliced);
  if (sliced < axis) return {SliceState::Sliced(sliced)};
  if (sliced >= axis + rank) return {SliceState::Sliced(sliced - rank + 1)};
  inputs[1] = SliceState::Sliced(sliced - axis);
  return {SliceState::Partial(PartialKind::sum)};
}

}  // namespace

extern const OpDef op_take_backward{
    .name = "take_backward",
    .doc = "dx[.., index[i, j, ..], k] += dy[.., i, j, .., k] from zeros, along an axis.",
    .source = "adjoint of take: a scatter-add along an axis; the gradient of an embedding",
    .types = take_backward_types,
    .dimensions = input_dimensions,
    .count = [](const OpCall& call) { return OpCount{.add = elements(call.in(0))}; },
    .slice = take_backward_slice,
    .gradient = [](const GradientCall& g) -> Values {
      return {take(g.emitter, g.output_gradients[0], g.inputs[1], g.attributes.as<TakeBackwardAttributes>().axis),
              Value{}};
    },
    .reference = reference_of<TakeBackwardReference>(),
    .may_alias = {-1},
    .samples =
        {{{{DType::float32, {2, 3, 4, 7}}, {DType::int32, {4}}}, TakeBackwardAttributes{2, 5}, {{}, {Fill::index, 5}}},
         {{{DType::float32, {3, 2, 17}}, {DType::int64, {3, 2}}},
          TakeBackwardAttributes{0, 31},
          {{}, {Fill::index, 31}}},
         {{{DType::float32, {3, 31}}, {DType::int64, {31}}}, TakeBackwardAttributes{-1, 3}, {{}, {Fill::index, 3}}},
         {{{DType::float32, {3}}, {DType::int32, {}}}, TakeBackwardAttributes{1, 4}, {{}, {Fill::index, 4}}},
         {{{DType::float32, {0, 2}}, {DType::int32, {2}}}, TakeBackwardAttributes{1, 3}, {{}, {Fill::index, 3}}}},
};

Value take_backward(Emitter& emitter, Value dy, Value index, const TakeBackwardAttributes& attributes) {
  return emit_one(emitter, op_take_backward, attributes, Values{dy, index});
}

}  // namespace tacho
