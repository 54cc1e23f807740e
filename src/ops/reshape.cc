#include "ops/reshape.h"

#include <cstring>

#include "op/rules.h"

namespace tacho {
namespace {

std::string list_of(const std::vector<int64_t>& shape) { return to_string(FieldValue(shape)); }

/// The wanted shape with -1 replaced; throws where the elements do not fit.
Shape resolved(const std::vector<int64_t>& wanted, const Shape& x) {
  expect(wanted.size() <= kMaxRank, "expected at most ", kMaxRank, " axes, got ", wanted.size());
  const int64_t elements = element_count(x);
  Shape shape;
  int64_t open = -1;
  for (size_t axis = 0; axis < wanted.size(); ++axis) {
    expect(wanted[axis] >= -1, "expected extents of at least 0, or one -1, got ", list_of(wanted));
    expect(wanted[axis] >= 0 || open < 0, "expected at most one -1, got ", list_of(wanted));
    if (wanted[axis] < 0) open = int64_t(axis);
    shape.push_back(wanted[axis] < 0 ? 1 : wanted[axis]);
  }
  const int64_t known = element_count(shape);
  if (open >= 0) {
    expect(known > 0 && elements % known == 0, "expected a shape that ", x, " fits, got ", list_of(wanted));
    shape[size_t(open)] = elements / known;
  }
  expect(element_count(shape) == elements, "expected a shape of ", elements, " elements, got ", list_of(wanted));
  return shape;
}

TensorTypes reshape_types(const OpCall& call) {
  expect(call.inputs.size() == 1, "expected one input, got ", call.inputs.size());
  return {{call.inputs[0].dtype, resolved(call.attributes.as<ReshapeAttributes>().shape, call.in(0))}};
}

/// The axis of y whose parts hold the elements of the parts of x's `axis`: the one with as many elements per step
/// before it whose extent is equal or an integer multiple either way (N x T x D and N*T x D); -1 where there is none.
int64_t matching_axis(const Shape& x, int64_t axis, const Shape& y) {
  int64_t before = 1, multiple = -1;
  for (int64_t i = 0; i < axis; ++i) before *= x[size_t(i)];
  const int64_t extent = x[size_t(axis)];
  int64_t before_y = 1;
  for (size_t candidate = 0; candidate < y.size(); before_y *= y[candidate++]) {
    if (before_y != before) continue;
    const int64_t other = y[candidate];
    if (other == extent) return int64_t(candidate);
    if (multiple < 0 && other > 1 && extent > 0 && (other % extent == 0 || extent % other == 0))
      multiple = int64_t(candidate);
  }
  return multiple;
}

SliceStates reshape_slice(const OpCall& call, SliceStates& inputs) {
  const SlicedInput sliced = common_sliced_axis(inputs);
  if (sliced.refusal) return {SliceState::Refused(sliced.refusal)};
  if (sliced.axis < 0) return {SliceState::Whole()};
  const int64_t axis = matching_axis(call.in(0), sliced.axis, call.out(0));
  if (axis < 0) return {SliceState::Refused("no axis of the new shape holds the slices of the old one")};
  return {SliceState::Sliced(axis)};
}

void copy_bytes(const Attributes&, const KernelRun& run) {
  if (run.outputs[0].data != run.inputs[0].data && run.outputs[0].bytes() > 0)
    std::memcpy(run.outputs[0].data, run.inputs[0].data, size_t(run.outputs[0].bytes()));
}

}  // namespace

extern const OpDef op_reshape{
    .name = "reshape",
    .doc = "y holds the elements of x in row-major order under another shape.",
    .source = "ONNX Reshape (without its 0 for 'as before')",
    .traits = Trait::movement | Trait::view,
    .types = reshape_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall&) { return OpCount{}; },
    .slice = reshape_slice,
    .gradient = [](const GradientCall& g) -> Values {
      const Shape shape = g.emitter.type(g.inputs[0]).shape;
      return {reshape(g.emitter, g.output_gradients[0], {shape.begin(), shape.end()})};
    },
    .reference = {copy_bytes, copy_bytes, copy_bytes},
    .may_alias = {0},
    .samples = {{{{DType::float32, {3, 2, 5, 7}}}, ReshapeAttributes{{3, 70}}, {}},
                {{{DType::float32, {4, 3, 5}}}, ReshapeAttributes{{-1, 5}}, {}},
                {{{DType::float32, {12, 5}}}, ReshapeAttributes{{4, 3, -1}}, {}},
                {{{DType::float32, {1, 17}}}, ReshapeAttributes{{17}}, {}},
                {{{DType::float32, {0, 3, 5}}}, ReshapeAttributes{{0, 15}}, {}},
                {{{DType::float32, {}}}, ReshapeAttributes{{1, 1}}, {}}},
};

Value reshape(Emitter& emitter, Value x, std::vector<int64_t> shape) {
  const Shape now = emitter.type(x).shape;
  if (std::equal(now.begin(), now.end(), shape.begin(), shape.end())) return x;
  return emit_one(emitter, op_reshape, ReshapeAttributes{std::move(shape)}, Values{x});
}

}  // namespace tacho
