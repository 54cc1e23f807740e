#pragma once
// What the losses with integer labels share.
#include "op/rules.h"

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

}  // namespace tacho
