#include "ops/leaky_relu.h"

#include "ops/leaky_relu_backward.h"
#include "ops/pointwise.h"

namespace tacho {
namespace {

struct LeakyReluReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const T alpha(attributes.as<LeakyReluAttributes>().alpha);
    apply_unary<T>(run, [alpha](T x) { return select(greater(x, T(0)), x, alpha * x); });
  }
};

}  // namespace

extern const OpDef op_leaky_relu{
    .name = "leaky_relu",
    .doc = "y = x where x > 0, else alpha x, elementwise.",
    .source = "ONNX LeakyRelu",
    .traits = Trait::elementwise | Trait::activation,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.mul = 1, .cmp = 1}); },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values {
      return {leaky_relu_backward(g.emitter, g.output_gradients[0], g.inputs[0],
                                  g.attributes.as<LeakyReluAttributes>().alpha)};
    },
    .reference = reference_of<LeakyReluReference>(),
    .may_alias = {0},
    .samples = unary_samples(LeakyReluAttributes{0.125}, {Fill::distinct}),
};

Value leaky_relu(Emitter& emitter, Value x, double alpha) {
  return emit_one(emitter, op_leaky_relu, LeakyReluAttributes{alpha}, Values{x});
}

}  // namespace tacho
