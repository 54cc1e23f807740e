#include "ops/softmax_cross_entropy_backward.h"

#include "op/scalar.h"
#include "ops/labels.h"

namespace tacho {
namespace {

struct SoftmaxCrossEntropyBackwardReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const int64_t rows = run.inputs[0].shape()[0], n = run.inputs[0].shape()[1];
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t label = label_of(run, row, n, "softmax_cross_entropy_backward");
      const T* p = run.in<T>(0) + row * n;
      T* dz = run.out<T>(0) + row * n;
      const T dloss = run.in<T>(2)[row], at_label = p[label] - T(1);
      for (int64_t i = 0; i < label; ++i) dz[i] = p[i] * dloss;
      dz[label] = at_label * dloss;
      for (int64_t i = label + 1; i < n; ++i) dz[i] = p[i] * dloss;
    }
  }
};

TensorTypes softmax_cross_entropy_backward_types(const OpCall& call) {
  expect(call.inputs.size() == 3, "expected probabilities, labels and dloss, got ", call.inputs.size(), " inputs");
  expect_outputs_and_labels(call);
  const TensorType loss{call.inputs[0].dtype, {call.in(0)[0]}};
  expect(call.inputs[2] == loss, "expected dloss ", loss, ", got ", call.inputs[2]);
  return {call.inputs[0]};
}

}  // namespace

extern const OpDef op_softmax_cross_entropy_backward{
    .name = "softmax_cross_entropy_backward",
    .doc = "dz = (p - onehot(label)) dloss, by rows.",
    .source = "adjoint of softmax_cross_entropy's loss, from its probabilities",
    .traits = Trait::loss,
    .types = softmax_cross_entropy_backward_types,
    .dimensions = input_dimensions,
    .count = [](const OpCall&) -> OpCount {
      return {.mul = Expr::symbol("N") * Expr::symbol("D"), .add = Expr::symbol("N")};
    },
    .slice =
        [](const OpCall& call, SliceStates& inputs) {
          return slice_rows(call, inputs, {0, 1, 2});
        },
    .gradient = [](const GradientCall& g) { return labelled_slope_gradient(g, 1, softmax_cross_entropy_backward); },
    .reference = reference_of<SoftmaxCrossEntropyBackwardReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {5, 10}}, {DType::int64, {5}}, {DType::float32, {5}}},
                 {},
                 {{Fill::positive}, {Fill::index, 10}}},
                {{{DType::float32, {3, 31}}, {DType::int64, {3}}, {DType::float32, {3}}},
                 {},
                 {{Fill::positive}, {Fill::index, 31}}},
                {{{DType::float32, {0, 3}}, {DType::int64, {0}}, {DType::float32, {0}}},
                 {},
                 {{Fill::positive}, {Fill::index, 3}}}},
};

Value softmax_cross_entropy_backward(Emitter& emitter, Value probabilities, Value labels, Value dloss) {
  return emit_one(emitter, op_softmax_cross_entropy_backward, {}, Values{probabilities, labels, dloss});
}

}  // namespace tacho
