#include "ops/bias_add.h"

#include "op/rules.h"
#include "op/scalar.h"
#include "ops/sum.h"

namespace tacho {
namespace {

int64_t axis_of_bias(const Attributes& attributes, const Shape& x) {
  return normalize_axis(attributes.as<BiasAddAttributes>().axis, x.size());
}

struct BiasAddReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const Shape& shape = run.inputs[0].shape();
    const size_t axis = size_t(axis_of_bias(attributes, shape));
    const int64_t outer = element_count(Shape(shape.begin(), shape.begin() + axis)), channels = shape[axis];
    const int64_t inner = element_count(Shape(shape.begin() + axis + 1, shape.end()));
    const T *x = run.in<T>(0), *b = run.in<T>(1);
    T* y = run.out<T>(0);
    if (inner == 1) {  // a fully connected layer's: the vector itself is the inner row
      for (int64_t o = 0; o < outer; ++o, x += channels, y += channels)
        for (int64_t c = 0; c < channels; ++c) y[c] = x[c] + b[c];
      return;
    }
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t c = 0; c < channels; ++c, x += inner, y += inner)
        for (int64_t i = 0; i < inner; ++i) y[i] = x[i] + b[c];
  }
};

TensorTypes bias_add_types(const OpCall& call) {
  expect(call.inputs.size() == 2 && is_floating(call.inputs[0].dtype) && call.inputs[0].dtype == call.inputs[1].dtype,
         "expected a tensor and a vector of one floating dtype");
  const int64_t axis = axis_of_bias(call.attributes, call.in(0));
  expect(call.in(1).size() == 1 && call.in(1)[0] == call.in(0)[size_t(axis)], "expected a vector of length ",
         call.in(0)[size_t(axis)], " for axis ", axis, ", got ", call.in(1));
  return {call.inputs[0]};
}

SliceStates bias_add_slice(const OpCall& call, SliceStates& inputs) {
  const auto refused = [&](const char* why) { return all_outputs(call, SliceState::Refused(why)); };
  const int64_t bias_axis = axis_of_bias(call.attributes, call.in(0));
  for (const SliceState& input : inputs)
    if (input.kind == SliceState::partial) return refused("reads a value that is still partial");
  const bool x_sliced = inputs[0].kind == SliceState::sliced, b_sliced = inputs[1].kind == SliceState::sliced;
  if (!x_sliced && !b_sliced) return all_outputs(call, SliceState::Whole());
  const int64_t axis = x_sliced ? inputs[0].axis : bias_axis;
  if (b_sliced && axis != bias_axis) return refused("the bias is sliced but each slice needs all of it");
  inputs[0] = SliceState::Sliced(axis);
  if (axis == bias_axis) inputs[1] = SliceState::Sliced(0);
  return all_outputs(call, SliceState::Sliced(axis));
}

Values bias_add_gradient(const GradientCall& g) {
  const Value dy = g.output_gradients[0];
  Values result{dy, Value{}};
  if (!g.wanted[1]) return result;
  const Shape& shape = g.emitter.type(g.inputs[0]).shape;
  const int64_t axis = axis_of_bias(g.attributes, shape);
  ReductionAttributes others;
  for (int64_t i = 0; i < int64_t(shape.size()); ++i)
    if (i != axis) others.axes.push_back(i);
  result[1] = others.axes.empty() ? dy : sum(g.emitter, dy, others);
  return result;
}

}  // namespace

extern const OpDef op_bias_add{
    .name = "bias_add",
    .doc = "y = x + b, the vector b along one axis of x.",
    .source = "+ b 1^T of the running-time document",
    .traits = Trait::bias,
    .types = bias_add_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.add = elements(call.out(0))}; },
    .slice = bias_add_slice,
    .gradient = bias_add_gradient,
    .reference = reference_of<BiasAddReference>(),
    .may_alias = {0},
    .samples =
        {
            {{{DType::float32, {2, 3, 5, 7}}, {DType::float32, {3}}}, BiasAddAttributes{}, {}},
            {{{DType::float32, {17, 31}}, {DType::float32, {31}}}, BiasAddAttributes{-1}, {}},
            {{{DType::float32, {3, 4, 2}}, {DType::float32, {3}}}, BiasAddAttributes{0}, {}},
            {{{DType::float32, {0, 3, 2, 2}}, {DType::float32, {3}}}, BiasAddAttributes{}, {}},
            {{{DType::float32, {1}}, {DType::float32, {1}}}, BiasAddAttributes{0}, {}},
        },
};

Value bias_add(Emitter& emitter, Value x, Value b, BiasAddAttributes attributes) {
  return emit_one(emitter, op_bias_add, attributes, Values{x, b});
}

}  // namespace tacho
