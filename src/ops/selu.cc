#include "ops/selu.h"

#include "ops/elu_backward.h"
#include "ops/pointwise.h"

namespace tacho {
namespace {

struct SeluReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<SeluAttributes>();
    const T alpha(a.alpha), gamma(a.gamma);
    apply_unary<T>(run, [=](T x) { return gamma * select(greater(x, T(0)), x, alpha * expm1(x)); });
  }
};

TensorTypes selu_types(const OpCall& call) {
  const auto& a = call.attributes.as<SeluAttributes>();
  expect(a.alpha >= 0 && a.gamma >= 0, "expected alpha and gamma of at least 0, got ", a.alpha, " and ", a.gamma);
  return same_as_first(call);
}

Values selu_gradient(const GradientCall& g) {
  const auto& a = g.attributes.as<SeluAttributes>();
  return {elu_backward(g.emitter, g.output_gradients[0], g.outputs[0], {a.alpha, a.gamma})};
}

}  // namespace

extern const OpDef op_selu{
    .name = "selu",
    .doc = "y = gamma x where x > 0, else gamma alpha (exp(x) - 1), elementwise.",
    .source = "Klambauer et al. 2017; ONNX Selu",
    .traits = Trait::elementwise | Trait::activation,
    .types = selu_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.mul = 2, .cmp = 1, .transcendental = 1}); },
    .slice = slice_elementwise,
    .gradient = selu_gradient,
    .reference = reference_of<SeluReference>(),
    .may_alias = {0},
    .samples = unary_samples(SeluAttributes{}, {Fill::distinct}),
};

Value selu(Emitter& emitter, Value x) { return emit_one(emitter, op_selu, SeluAttributes{}, Values{x}); }

}  // namespace tacho
