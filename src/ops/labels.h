#pragma once
// What the losses with integer labels share.
#include "op/rules.h"
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
