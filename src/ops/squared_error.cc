#include "ops/squared_error.h"

#include "op/scalar.h"
#include "ops/labels.h"
#include "ops/squared_error_backward.h"

namespace tacho {
namespace {

struct SquaredErrorReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const int64_t rows = run.inputs[0].shape()[0], n = run.inputs[0].shape()[1];
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t label = label_of(run, row, n, "squared_error");
      const T* z = run.in<T>(0) + row * n;
      const T at_label = z[label] - T(1);
      T loss = at_label * at_label;
      for (int64_t i = 0; i < label; ++i) loss += z[i] * z[i];
      for (int64_t i = label + 1; i < n; ++i) loss += z[i] * z[i];
      run.out<T>(0)[row] = loss;
    }
  }
};

TensorTypes squared_error_types(const OpCall& call) {
  expect(call.inputs.size() == 2, "expected outputs and labels, got ", call.inputs.size(), " inputs");
  expect_outputs_and_labels(call);
  return {{call.inputs[0].dtype, {call.in(0)[0]}}};
}

}  // namespace

extern const OpDef op_squared_error{
    .name = "squared_error",
    .doc = "loss = sum_j (z_j - y_j)^2 by rows, where y is 1 at the label and 0 elsewhere (subtracting 0 is no work).",
    .source = "the squared loss of the running-time document, per example and without its division",
    .traits = Trait::loss,
    .types = squared_error_types,
    .dimensions = input_dimensions,
    .count = [](const OpCall&) -> OpCount {
      const Expr n = Expr::symbol("N"), d = Expr::symbol("D");
      return {.mul = n * d, .add = n + n * (d - 1)};
    },
    .slice =
        [](const OpCall& call, SliceStates& inputs) {
          return slice_rows(call, inputs, {0, 1});
        },
    .gradient = [](const GradientCall& g) -> Values {
      return {squared_error_backward(g.emitter, g.inputs[0], g.inputs[1], g.output_gradients[0]), Value{}};
    },
    .reference = reference_of<SquaredErrorReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {5, 10}}, {DType::int64, {5}}}, {}, {{Fill::normal}, {Fill::index, 10}}},
                {{{DType::float32, {3, 31}}, {DType::int64, {3}}}, {}, {{Fill::normal}, {Fill::index, 31}}},
                {{{DType::float32, {17, 1}}, {DType::int64, {17}}}, {}, {{Fill::normal}, {Fill::index, 1}}},
                {{{DType::float32, {0, 3}}, {DType::int64, {0}}}, {}, {{Fill::normal}, {Fill::index, 3}}}},
};

Value squared_error(Emitter& emitter, Value outputs, Value labels) {
  return emit_one(emitter, op_squared_error, {}, Values{outputs, labels});
}

}  // namespace tacho
