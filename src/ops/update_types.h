#pragma once
// What the optimisers' updates share.
#include "op/rules.h"

namespace tacho {

/// Checks that the first `variables` inputs have one floating type, that the next one (learning rate) is a scalar of
/// that dtype, and that the one after it, where `has_step`, is an int64 scalar. `outputs` outputs of the variables'
/// type. Slices: slice_elementwise cuts the variables together and leaves the scalars whole.
inline TensorTypes update_types(const OpCall& call, size_t variables, size_t outputs, bool has_step = false) {
  const size_t inputs = variables + (has_step ? 2 : 1);
  expect(call.inputs.size() == inputs, "expected ", inputs, " inputs, got ", call.inputs.size());
  const TensorType& type = call.inputs[0];
  expect(is_floating(type.dtype), "expected a floating variable, got ", name_of(type.dtype));
  for (size_t i = 1; i < variables; ++i)
    expect(call.inputs[i] == type, "expected input ", i, " to be of the variable's type ", type, ", got ",
           call.inputs[i]);
  expect(call.inputs[variables] == TensorType{type.dtype, {}}, "expected a learning rate ", TensorType{type.dtype, {}},
         ", got ", call.inputs[variables]);
  expect(!has_step || call.inputs.back() == TensorType{DType::int64, {}}, "expected a step number int64 scalar, got ",
         call.inputs.back());
  TensorTypes types;
  for (size_t i = 0; i < outputs; ++i) types.push_back(type);
  return types;
}

}  // namespace tacho
