#include "op/rules.h"

namespace tacho {

TensorTypes same_as_first(const OpCall& call) {
  expect(!call.inputs.empty(), "expected at least one input");
  const TensorType& first = call.inputs[0];
  expect(is_floating(first.dtype), "expected a floating dtype, got ", name_of(first.dtype));
  for (const TensorType& type : call.inputs)
    expect(type == first, "expected inputs of one type, got ", to_string(first), " and ", to_string(type));
  return {first};
}

TensorTypes broadcast_types(const OpCall& call) {
  TensorType out = call.inputs[0];
  expect(is_floating(out.dtype), "expected a floating dtype, got ", name_of(out.dtype));
  for (const TensorType& type : call.inputs) {
    expect(type.dtype == out.dtype, "expected one dtype, got ", name_of(out.dtype), " and ", name_of(type.dtype));
    out.shape = broadcast(out.shape, type.shape);
  }
  return {out};
}

Bindings shape_dimensions(const Shape& shape) {
  static constexpr const char* kFour[] = {"N", "C", "H", "W"};
  static constexpr const char* kThree[] = {"N", "C", "L"};
  static constexpr const char* kTwo[] = {"N", "D"};
  Bindings b;
  const size_t rank = shape.size();
  if (rank >= 2 && rank <= 4) {
    const auto names = rank == 4   ? std::span<const char* const>(kFour)
                       : rank == 3 ? std::span<const char* const>(kThree)
                                   : std::span<const char* const>(kTwo);
    for (size_t i = 0; i < rank; ++i) b.set(names[i], shape[i]);
  } else if (rank != 0) {
    b.set("E", element_count(shape));
  }
  return b;
}

Bindings output_dimensions(const OpCall& call) { return shape_dimensions(call.out(0)); }
Bindings input_dimensions(const OpCall& call) { return shape_dimensions(call.in(0)); }

Expr elements(const Shape& shape) {
  const auto s = [](const char* name) { return Expr::symbol(name); };
  switch (shape.size()) {
    case 0:
      return Expr(1);
    case 2:
      return s("N") * s("D");
    case 3:
      return s("N") * s("C") * s("L");
    case 4:
      return s("N") * s("C") * s("H") * s("W");
    default:
      return s("E");
  }
}

SliceStates all_outputs(const OpCall& call, SliceState state) {
  SliceStates out;
  for (size_t i = 0; i < call.outputs.size(); ++i) out.push_back(state);
  return out;
}

SlicedInput common_sliced_axis(const SliceStates& inputs) {
  SlicedInput result;
  for (const SliceState& state : inputs) {
    if (state.kind == SliceState::partial) return {-1, "reads a value that is still partial"};
    if (state.kind != SliceState::sliced) continue;
    if (result.axis >= 0 && result.axis != state.axis) return {-1, "inputs are sliced along different axes"};
    result.axis = state.axis;
  }
  return result;
}

SliceStates slice_elementwise(const OpCall& call, SliceStates& inputs) {
  const Shape& out = call.out(0);
  const int64_t rank = int64_t(out.size());
  int64_t axis = -1;  // of the output
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].kind == SliceState::partial)
      return all_outputs(call, SliceState::Refused("reads a value that is still partial"));
    if (inputs[i].kind != SliceState::sliced) continue;
    const int64_t a = inputs[i].axis + rank - int64_t(call.in(i).size());
    if (axis >= 0 && a != axis) return all_outputs(call, SliceState::Refused("inputs are sliced along different axes"));
    axis = a;
  }
  if (axis < 0) return all_outputs(call, SliceState::Whole());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const int64_t own = axis - (rank - int64_t(call.in(i).size()));
    const bool broadcasts = own < 0 || (call.in(i)[size_t(own)] == 1 && out[size_t(axis)] != 1);
    if (broadcasts && inputs[i].kind == SliceState::sliced)
      return all_outputs(call, SliceState::Refused("an input is sliced along an axis that is broadcast"));
    if (!broadcasts) inputs[i] = SliceState::Sliced(own);
  }
  return all_outputs(call, SliceState::Sliced(axis));
}

Value gradient_or_zeros(const GradientCall& call, size_t output) {
  const Value given = call.output_gradients[output];
  return given ? given : call.emitter.splat(call.emitter.type(call.outputs[output]), 0);
}

SliceStates slice_rows(const OpCall& call, SliceStates& inputs, std::initializer_list<size_t> row_inputs) {
  const SlicedInput sliced = common_sliced_axis(inputs);
  if (sliced.refusal) return all_outputs(call, SliceState::Refused(sliced.refusal));
  if (sliced.axis < 0) return all_outputs(call, SliceState::Whole());
  if (sliced.axis != 0) return all_outputs(call, SliceState::Refused("only the outermost axis can be sliced"));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const bool row = std::find(row_inputs.begin(), row_inputs.end(), i) != row_inputs.end();
    if (row) inputs[i] = SliceState::Sliced(0);
    else if (inputs[i].kind == SliceState::sliced)
      return all_outputs(call, SliceState::Refused("an input that every row needs is sliced"));
  }
  return all_outputs(call, SliceState::Sliced(0));
}

}  // namespace tacho
