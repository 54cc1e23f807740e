#pragma once
// What the optimisers' updates share.
#include "op/rules.h"
#include "op/scalar.h"

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

/// Calls update(gradient), where gradient(g, w) is what stands for the gradient: g + decay w, or g itself where the
/// decay is 0, which then costs nothing.
template <class T, class Update>
void with_weight_decay(double decay, Update update) {
  if (decay == 0) return update([](T g, T) { return g; });
  update([decay = T(decay)](T g, T w) { return g + decay * w; });
}

/// w' = w - rate g / (sqrt(s') + epsilon) where s' = square(s, g): inputs w, g, s and the rate, outputs w' and s'.
template <class T, class Gradient, class Square>
void update_over_root(const KernelRun& run, T epsilon, Gradient gradient, Square square) {
  const T* w = run.in<T>(0);
  const T* g = run.in<T>(1);
  const T* s = run.in<T>(2);
  const T rate = run.in<T>(3)[0];
  T* next_w = run.out<T>(0);
  T* next_s = run.out<T>(1);
  for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) {
    const T now = gradient(g[i], w[i]), next = square(s[i], now);
    next_s[i] = next;
    next_w[i] = w[i] - rate * (now / (sqrt(next) + epsilon));
  }
}

/// A sample of an update of w by g with one more variable, filled by `state`, and a learning rate of 0.01.
inline Sample update_sample(const Shape& shape, const Attributes& attributes, Fill state) {
  const TensorType type{DType::float32, shape};
  return {{type, type, type, {DType::float32, {}}}, attributes, {{}, {}, state, {Fill::number, 0, 0.01}}};
}

}  // namespace tacho
