#include "ops/leaky_relu_backward.h"

#include "ops/pointwise.h"

namespace tacho {
namespace {

struct LeakyReluBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const T alpha(attributes.as<LeakyReluAttributes>().alpha);
    apply_backward<T>(run, [alpha](T dy, T x) { return select(greater(x, T(0)), dy, alpha * dy); });
  }
};

}  // namespace

extern const OpDef op_leaky_relu_backward{
    .name = "leaky_relu_backward",
    .doc = "dx = dy where x > 0, else alpha dy.",
    .source = "adjoint of leaky_relu",
    .traits = Trait::elementwise,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.mul = 1, .cmp = 1}); },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values {
      return {leaky_relu_backward(g.emitter, g.output_gradients[0], g.inputs[1],
                                  g.attributes.as<LeakyReluAttributes>().alpha),
              Value{}};
    },
    .reference = reference_of<LeakyReluBackwardReference>(),
    .may_alias = {0},
    .samples = backward_samples(LeakyReluAttributes{0.125}, {Fill::distinct}),
};

Value leaky_relu_backward(Emitter& emitter, Value dy, Value x, double alpha) {
  return emit_one(emitter, op_leaky_relu_backward, LeakyReluAttributes{alpha}, Values{dy, x});
}

}  // namespace tacho
