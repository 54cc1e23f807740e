#include "ops/smooth_relu.h"

#include "op/rules.h"
#include "op/scalar.h"
#include "ops/mul.h"
#include "ops/sigmoid.h"

namespace tacho {
namespace {

// Plain loops over a scalar type; every function is called unqualified, so that the counting scalar sees it.
struct SmoothReluReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const T beta(attributes.as<SmoothReluAttributes>().beta);
    const T* x = run.in<T>(0);
    T* y = run.out<T>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) {
      const T t = beta * x[i];
      // log(1 + exp(t)) with the exponent never above 0: exp(89) is infinite in float32.
      y[i] = (max(t, T(0)) + log(T(1) + exp(min(t, -t)))) / beta;
    }
  }
};

TensorTypes types(const OpCall& call) {
  const double beta = call.attributes.as<SmoothReluAttributes>().beta;
  expect(beta > 0, "beta: expected a number above 0, got ", beta);
  return same_as_first(call);
}

OpCount count(const OpCall& call) {
  const Expr n = elements(call.out(0));
  return {.mul = n, .add = 2 * n, .div = n, .cmp = 2 * n, .transcendental = 2 * n};
}

// The derivative is sigmoid(beta x): two operations of the catalogue, which bring their own counts and kernels.
Values gradient(const GradientCall& g) {
  const Value x = g.inputs[0];
  const Value beta = g.emitter.splat(g.emitter.type(x), g.attributes.as<SmoothReluAttributes>().beta);
  return {mul(g.emitter, g.output_gradients[0], sigmoid(g.emitter, mul(g.emitter, beta, x)))};
}

}  // namespace

extern const OpDef op_smooth_relu{
    .name = "smooth_relu",
    .doc = "y = log(1 + exp(beta x)) / beta, elementwise.",
    .source = "ONNX Softplus; beta as in PyTorch's softplus",
    .traits = Trait::elementwise | Trait::activation,
    .types = types,
    .dimensions = output_dimensions,
    .count = count,
    .slice = slice_elementwise,
    .gradient = gradient,
    .reference = reference_of<SmoothReluReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}}, SmoothReluAttributes{}, {}},
                {{{DType::float32, {17}}}, SmoothReluAttributes{2.5}, {}},
                {{{DType::float32, {0, 3}}}, SmoothReluAttributes{}, {}}},
};

Value smooth_relu(Emitter& emitter, Value x, double beta) {
  return emit_one(emitter, op_smooth_relu, SmoothReluAttributes{beta}, Values{x});
}

}  // namespace tacho
