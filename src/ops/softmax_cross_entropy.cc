#include "ops/softmax_cross_entropy.h"

#include "ops/add.h"
#include "ops/labels.h"
#include "ops/mul.h"
#include "ops/reduction_geometry.h"
#include "ops/softmax_cross_entropy_backward.h"
#include "ops/sub.h"

namespace tacho {
namespace {

struct SoftmaxCrossEntropyReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const int64_t rows = run.inputs[0].shape()[0], n = run.inputs[0].shape()[1];
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t label = label_of(run, row, n, "softmax_cross_entropy");
      const T* z = run.in<T>(0) + row * n;
      T* p = run.out<T>(1) + row * n;
      const T largest = reduce_terms<T>(
          n, [z](int64_t i) { return z[i]; }, [](T a, T b) { return max(a, b); });
      for (int64_t i = 0; i < n; ++i) p[i] = z[i] - largest;
      const T difference = p[label];
      for (int64_t i = 0; i < n; ++i) p[i] = exp(p[i]);
      const T total = reduce_terms<T>(
          n, [p](int64_t i) { return p[i]; }, [](T a, T b) { return a + b; });
      for (int64_t i = 0; i < n; ++i) p[i] = p[i] / total;
      run.out<T>(0)[row] = log(total) - difference;
    }
  }
};

TensorTypes softmax_cross_entropy_types(const OpCall& call) {
  expect(call.inputs.size() == 2, "expected logits and labels, got ", call.inputs.size(), " inputs");
  expect_outputs_and_labels(call);
  return {{call.inputs[0].dtype, {call.in(0)[0]}}, call.inputs[0]};
}

/// Per row of D: softmax (D-1 comparisons, 2D-1 additions, D exponentials, D divisions), one logarithm, one addition.
OpCount softmax_cross_entropy_count(const OpCall&) {
  const Expr n = Expr::symbol("N"), d = Expr::symbol("D");
  return {.add = n * (2 * d - 1) + n, .div = n * d, .cmp = n * (d - 1), .transcendental = n * d + n};
}

/// From the loss: (p - onehot) dloss. From the probabilities, where somebody reads them: p (dp - sum_j dp_j p_j).
Values softmax_cross_entropy_gradient(const GradientCall& g) {
  const Value p = g.outputs[1], dloss = g.output_gradients[0], dp = g.output_gradients[1];
  Value dz;
  if (dloss) dz = softmax_cross_entropy_backward(g.emitter, p, g.inputs[1], dloss);
  if (dp) {
    const Value inner = sum(g.emitter, mul(g.emitter, dp, p), {{1}, true});
    const Value through = mul(g.emitter, p, sub(g.emitter, dp, inner));
    dz = dz ? add(g.emitter, dz, through) : through;
  }
  return {dz, Value{}};
}

}  // namespace

extern const OpDef op_softmax_cross_entropy{
    .name = "softmax_cross_entropy",
    .doc = "p = exp(z - max z) / sum exp(z - max z) by rows; loss = log sum exp(z - max z) - (z_label - max z).",
    .source = "PyTorch's cross_entropy with integer labels, per example",
    .traits = Trait::loss,
    .types = softmax_cross_entropy_types,
    .dimensions = input_dimensions,
    .count = softmax_cross_entropy_count,
    .slice =
        [](const OpCall& call, SliceStates& inputs) {
          return slice_rows(call, inputs, {0, 1});
        },
    .gradient = softmax_cross_entropy_gradient,
    .reference = reference_of<SoftmaxCrossEntropyReference>(),
    .may_alias = {-1, 0},
    .samples = {{{{DType::float32, {5, 10}}, {DType::int64, {5}}}, {}, {{Fill::normal}, {Fill::index, 10}}},
                {{{DType::float32, {3, 67}}, {DType::int64, {3}}}, {}, {{Fill::normal}, {Fill::index, 67}}},
                {{{DType::float32, {17, 1}}, {DType::int64, {17}}}, {}, {{Fill::normal}, {Fill::index, 1}}},
                {{{DType::float32, {0, 3}}, {DType::int64, {0}}}, {}, {{Fill::normal}, {Fill::index, 3}}}},
};

SoftmaxCrossEntropy softmax_cross_entropy(Emitter& emitter, Value logits, Value labels) {
  const Values outputs = emitter.emit(op_softmax_cross_entropy, {}, Values{logits, labels});
  return {outputs[0], outputs[1]};
}

}  // namespace tacho
