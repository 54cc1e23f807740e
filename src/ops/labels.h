#pragma once
// What the losses with integer labels share.
#include "op/rules.h"
#include "op/scalar.h"
#include "ops/mul.h"
#include "ops/reshape.h"
#include "ops/sum.h"

namespace tacho {

/// Checks outputs N x D (D >= 1, floating) as input 0 and labels int64 N as input 1.
inline void expect_outputs_and_labels(const OpCall& call) {
  const TensorType& outputs = call.inputs[0];
  expect(is_floating(outputs.dtype) && outputs.shape.size() == 2 && outputs.shape[1] >= 1,
         "expected floating outputs N x D with D >= 1, got ", outputs);
  const TensorType labels{DType::int64, {outputs.shape[0]}};
  expect(call.inputs[1] == labels, "expected labels ", labels, ", got ", call.inputs[1]);
}

/// The label of one row of the kernel's view, so that nothing is read beside the row; throws where it is outside
/// 0..classes-1.
inline int64_t label_of(const KernelRun& run, int64_t row, int64_t classes, const char* operation) {
  const int64_t label = run.in<int64_t>(1)[row];
  if (label < 0 || label >= classes)
    fail("[", operation, "] label ", label, " of example ", run.slice.begin + row, " of the batch is outside 0..",
         classes - 1, ": the network has ", classes, " outputs");
  return label;
}

/// What softmax_cross_entropy_backward and squared_error_backward compute: dz = factor (z - onehot(label)) dloss by
/// rows.
template <class T>
void labelled_slope(const KernelRun& run, double factor, const char* operation) {
  const int64_t rows = run.inputs[0].shape()[0], n = run.inputs[0].shape()[1];
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t label = label_of(run, row, n, operation);
    const T* z = run.in<T>(0) + row * n;
    T* dz = run.out<T>(0) + row * n;
    const T dloss = run.in<T>(2)[row], scale = factor == 1 ? dloss : T(factor) * dloss, at_label = z[label] - T(1);
    for (int64_t i = 0; i < label; ++i) dz[i] = z[i] * scale;
    dz[label] = at_label * scale;
    for (int64_t i = label + 1; i < n; ++i) dz[i] = z[i] * scale;
  }
}

/// Their types: outputs or probabilities N x D, labels N, dloss N.
inline TensorTypes labelled_slope_types(const OpCall& call) {
  expect(call.inputs.size() == 3, "expected outputs, labels and dloss, got ", call.inputs.size(), " inputs");
  expect_outputs_and_labels(call);
  const TensorType loss{call.inputs[0].dtype, {call.in(0)[0]}};
  expect(call.inputs[2] == loss, "expected dloss ", loss, ", got ", call.inputs[2]);
  return {call.inputs[0]};
}

/// Their samples.
inline std::vector<Sample> labelled_slope_samples(Fill outputs) {
  const auto sample = [&](int64_t rows, int64_t classes) {
    return Sample{{{DType::float32, {rows, classes}}, {DType::int64, {rows}}, {DType::float32, {rows}}},
                  {},
                  {outputs, {Fill::index, classes}}};
  };
  return {sample(5, 10), sample(3, 31), sample(17, 1), sample(0, 3)};
}

/// Gradients of backward(z, labels, dloss) = slope(z, label) dloss by rows, where the slope is `factor` z less a number
/// at the label: in z it is factor d dloss, in dloss the sum of d slope along the row.
inline Values labelled_slope_gradient(const GradientCall& g, double factor,
                                      Value (*backward)(Emitter&, Value z, Value labels, Value dloss)) {
  Emitter& e = g.emitter;
  const Value z = g.inputs[0], labels = g.inputs[1], dloss = g.inputs[2], d = g.output_gradients[0];
  Values result{Value{}, Value{}, Value{}};
  if (g.wanted[0]) {
    const Value column = reshape(e, dloss, {e.type(dloss).shape[0], 1});
    result[0] = mul(e, d, factor == 1 ? column : mul(e, column, e.splat({e.type(dloss).dtype, {}}, factor)));
  }
  if (g.wanted[2]) result[2] = sum(e, mul(e, d, backward(e, z, labels, e.splat(e.type(dloss), 1))), {{1}});
  return result;
}

}  // namespace tacho
