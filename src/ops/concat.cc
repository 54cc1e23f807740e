#include "ops/concat.h"

#include "count/checked.h"
#include "ops/slice.h"
#include "ops/strided_move.h"

namespace tacho {
namespace {

struct ConcatReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const Shape& out = run.outputs[0].shape();
    const size_t axis = size_t(normalize_axis(attributes.as<ConcatAttributes>().axis, out.size()));
    const Shape strides = strides_of(out);
    int64_t base = 0;
    for (const View& part : run.inputs) {
      move_strided<T>(part, run.outputs[0], base, strides, true);
      base += part.shape()[axis] * strides[axis];
    }
  }
};

TensorTypes concat_types(const OpCall& call) {
  expect(!call.inputs.empty() && !call.in(0).empty(), "expected at least one part of rank 1 or more");
  TensorType out = call.inputs[0];
  const size_t axis = size_t(normalize_axis(call.attributes.as<ConcatAttributes>().axis, out.shape.size()));
  for (size_t i = 1; i < call.inputs.size(); ++i) {
    TensorType alike = call.inputs[i];
    expect(alike.shape.size() == out.shape.size(), "expected parts of one rank, got ", call.in(0), " and ", call.in(i));
    const int64_t more = alike.shape[axis];
    alike.shape[axis] = out.shape[axis];
    expect(alike == out, "expected parts that differ along axis ", axis, " only, got ", call.inputs[0], " and ",
           call.inputs[i]);
    out.shape[axis] = checked_add(out.shape[axis], more);
  }
  element_count(out.shape);
  return {out};
}

SliceStates concat_slice(const OpCall& call, SliceStates& inputs) {
  const SlicedInput sliced = common_sliced_axis(inputs);
  if (sliced.refusal) return all_outputs(call, SliceState::Refused(sliced.refusal));
  if (sliced.axis < 0) return all_outputs(call, SliceState::Whole());
  if (sliced.axis == normalize_axis(call.attributes.as<ConcatAttributes>().axis, call.out(0).size()))
    return all_outputs(call, SliceState::Refused("slices of the joined axis would not lie side by side"));
  for (SliceState& input : inputs) input = SliceState::Sliced(sliced.axis);
  return all_outputs(call, SliceState::Sliced(sliced.axis));
}

Values concat_gradient(const GradientCall& g) {
  const size_t rank = g.emitter.type(g.outputs[0]).shape.size();
  const int64_t axis = normalize_axis(g.attributes.as<ConcatAttributes>().axis, rank);
  Values result;
  int64_t start = 0;
  for (size_t i = 0; i < g.inputs.size(); ++i) {
    const int64_t count = g.emitter.type(g.inputs[i]).shape[size_t(axis)];
    result.push_back(g.wanted[i] ? slice_axis(g.emitter, g.output_gradients[0], axis, start, count) : Value{});
    start += count;
  }
  return result;
}

}  // namespace

extern const OpDef op_concat{
    .name = "concat",
    .doc = "y = the parts one after another along an axis.",
    .source = "ONNX Concat",
    .traits = Trait::movement,
    .types = concat_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.move = elements(call.out(0))}; },
    .slice = concat_slice,
    .gradient = concat_gradient,
    .reference = reference_of<ConcatReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}, {DType::float32, {2, 1, 5, 7}}, {DType::float32, {2, 4, 5, 7}}},
                 ConcatAttributes{1},
                 {}},
                {{{DType::float32, {3, 17}}, {DType::float32, {3, 5}}}, ConcatAttributes{-1}, {}},
                {{{DType::float32, {31}}, {DType::float32, {1}}}, ConcatAttributes{0}, {}},
                {{{DType::float32, {3, 4}}}, ConcatAttributes{0}, {}},
                {{{DType::float32, {0, 3}}, {DType::float32, {2, 3}}}, ConcatAttributes{0}, {}}},
};

Value concat(Emitter& emitter, std::span<const Value> parts, int64_t axis) {
  return emit_one(emitter, op_concat, ConcatAttributes{axis}, parts);
}

}  // namespace tacho
