#include "ops/elu.h"

#include "ops/elu_backward.h"
#include "ops/pointwise.h"

namespace tacho {
namespace {

struct EluReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const T alpha(attributes.as<EluAttributes>().alpha);
    apply_unary<T>(run, [alpha](T x) { return select(greater(x, T(0)), x, alpha * expm1(x)); });
  }
};

// The gradient is computed from the output, which a negative alpha would make ambiguous.
TensorTypes elu_types(const OpCall& call) {
  const double alpha = call.attributes.as<EluAttributes>().alpha;
  expect(alpha >= 0, "expected an alpha of at least 0, got ", alpha);
  return same_as_first(call);
}

}  // namespace

extern const OpDef op_elu{
    .name = "elu",
    .doc = "y = x where x > 0, else alpha (exp(x) - 1), elementwise.",
    .source = "Clevert et al. 2016; ONNX Elu",
    .traits = Trait::elementwise | Trait::activation,
    .types = elu_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.mul = 1, .cmp = 1, .transcendental = 1}); },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values {
      return {
          elu_backward(g.emitter, g.output_gradients[0], g.outputs[0], {g.attributes.as<EluAttributes>().alpha, 1})};
    },
    .reference = reference_of<EluReference>(),
    .may_alias = {0},
    .samples = unary_samples(EluAttributes{0.75}, {Fill::distinct}),
};

Value elu(Emitter& emitter, Value x, double alpha) {
  return emit_one(emitter, op_elu, EluAttributes{alpha}, Values{x});
}

}  // namespace tacho
