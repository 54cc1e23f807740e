#include "ops/squared_error_backward.h"

#include "op/scalar.h"
#include "ops/labels.h"

namespace tacho {
namespace {

struct SquaredErrorBackwardReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const int64_t rows = run.inputs[0].shape()[0], n = run.inputs[0].shape()[1];
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t label = label_of(run, row, n, "squared_error_backward");
      const T* z = run.in<T>(0) + row * n;
      T* dz = run.out<T>(0) + row * n;
      const T factor = T(2) * run.in<T>(2)[row], at_label = z[label] - T(1);
      for (int64_t i = 0; i < label; ++i) dz[i] = z[i] * factor;
      dz[label] = at_label * factor;
      for (int64_t i = label + 1; i < n; ++i) dz[i] = z[i] * factor;
    }
  }
};

TensorTypes squared_error_backward_types(const OpCall& call) {
  expect(call.inputs.size() == 3, "expected outputs, labels and dloss, got ", call.inputs.size(), " inputs");
  expect_outputs_and_labels(call);
  const TensorType loss{call.inputs[0].dtype, {call.in(0)[0]}};
  expect(call.inputs[2] == loss, "expected dloss ", loss, ", got ", call.inputs[2]);
  return {call.inputs[0]};
}

}  // namespace

extern const OpDef op_squared_error_backward{
    .name = "squared_error_backward",
    .doc = "dz = 2 (z - onehot(label)) dloss, by rows.",
    .source = "adjoint of squared_error",
    .traits = Trait::loss,
    .types = squared_error_backward_types,
    .dimensions = input_dimensions,
    .count = [](const OpCall&) -> OpCount {
      const Expr n = Expr::symbol("N");
      return {.mul = n * Expr::symbol("D") + n, .add = n};
    },
    .slice =
        [](const OpCall& call, SliceStates& inputs) {
          return slice_rows(call, inputs, {0, 1, 2});
        },
    .gradient = [](const GradientCall& g) { return labelled_slope_gradient(g, 2, squared_error_backward); },
    .reference = reference_of<SquaredErrorBackwardReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {5, 10}}, {DType::int64, {5}}, {DType::float32, {5}}},
                 {},
                 {{Fill::normal}, {Fill::index, 10}}},
                {{{DType::float32, {3, 31}}, {DType::int64, {3}}, {DType::float32, {3}}},
                 {},
                 {{Fill::normal}, {Fill::index, 31}}},
                {{{DType::float32, {0, 3}}, {DType::int64, {0}}, {DType::float32, {0}}},
                 {},
                 {{Fill::normal}, {Fill::index, 3}}}},
};

Value squared_error_backward(Emitter& emitter, Value outputs, Value labels, Value dloss) {
  return emit_one(emitter, op_squared_error_backward, {}, Values{outputs, labels, dloss});
}

}  // namespace tacho
