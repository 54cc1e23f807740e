#include "ops/softplus.h"

#include "ops/pointwise.h"
#include "ops/sigmoid.h"

namespace tacho {
namespace {

struct SoftplusReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const T beta(attributes.as<SoftplusAttributes>().beta);
    // The exponent is never above 0: exp(89) is infinite in float32.
    apply_unary<T>(run, [beta](T x) {
      const T t = beta * x;
      return (max(t, T(0)) + log1p(exp(min(t, -t)))) / beta;
    });
  }
};

TensorTypes softplus_types(const OpCall& call) {
  const double beta = call.attributes.as<SoftplusAttributes>().beta;
  expect(beta > 0, "expected a beta above 0, got ", beta);
  return same_as_first(call);
}

// The derivative is sigmoid(beta x).
Values softplus_gradient(const GradientCall& g) {
  const double beta = g.attributes.as<SoftplusAttributes>().beta;
  const Value t = beta == 1 ? g.inputs[0] : scaled(g.emitter, g.inputs[0], beta);
  return {mul(g.emitter, g.output_gradients[0], sigmoid(g.emitter, t))};
}

}  // namespace

extern const OpDef op_softplus{
    .name = "softplus",
    .doc = "y = log(1 + exp(beta x)) / beta, elementwise.",
    .source = "ONNX Softplus; beta as in PyTorch's softplus",
    .traits = Trait::elementwise | Trait::activation,
    .types = softplus_types,
    .dimensions = output_dimensions,
    .count =
        [](const OpCall& call) {
          return per_element(call, {.mul = 1, .add = 1, .div = 1, .cmp = 2, .transcendental = 2});
        },
    .slice = slice_elementwise,
    .gradient = softplus_gradient,
    .reference = reference_of<SoftplusReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}}, SoftplusAttributes{}, {}},
                {{{DType::float32, {17}}}, SoftplusAttributes{2.5}, {}},
                {{{DType::float32, {0, 3}}}, SoftplusAttributes{}, {}}},
};

Value softplus(Emitter& emitter, Value x, double beta) {
  return emit_one(emitter, op_softplus, SoftplusAttributes{beta}, Values{x});
}

}  // namespace tacho
