#include "ops/gelu.h"

#include "ops/gelu_backward.h"
#include "ops/gelu_terms.h"
#include "ops/pointwise.h"

namespace tacho {
namespace {

struct GeluReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    if (gelu_by_tanh(attributes)) {
      const T half(0.5), c0(kGeluLinear), c1(kGeluCubic);
      apply_unary<T>(run, [=](T x) { return (half * x) * (T(1) + tanh(x * (c0 + c1 * (x * x)))); });
    } else {
      const T half(0.5), scale(kSqrtHalf);
      apply_unary<T>(run, [=](T x) { return (half * x) * (T(1) + erf(scale * x)); });
    }
  }
};

OpCount gelu_count(const OpCall& call) {
  const Expr n = elements(call.out(0));
  if (gelu_by_tanh(call.attributes)) return {.mul = 5 * n, .add = 2 * n, .transcendental = n};
  return {.mul = 3 * n, .add = n, .transcendental = n};
}

}  // namespace

extern const OpDef op_gelu{
    .name = "gelu",
    .doc = "y = x (1 + erf(x / sqrt 2)) / 2, or x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2, elementwise.",
    .source = "Hendrycks and Gimpel 2016; ONNX Gelu",
    .traits = Trait::elementwise | Trait::activation,
    .types = gelu_types,
    .dimensions = output_dimensions,
    .count = gelu_count,
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values {
      return {
          gelu_backward(g.emitter, g.output_gradients[0], g.inputs[0], g.attributes.as<GeluAttributes>().approximate)};
    },
    .reference = reference_of<GeluReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}}, GeluAttributes{}, {}},
                {{{DType::float32, {17}}}, GeluAttributes{"tanh"}, {}},
                {{{DType::float32, {3, 67}}}, GeluAttributes{"tanh"}, {}},
                {{{DType::float32, {0, 3}}}, GeluAttributes{}, {}}},
};

Value gelu(Emitter& emitter, Value x, const std::string& approximate) {
  return emit_one(emitter, op_gelu, GeluAttributes{approximate}, Values{x});
}

}  // namespace tacho
