#include "ops/elu_backward.h"

#include "ops/pointwise.h"
#include "ops/relu_backward.h"
#include "ops/sub.h"

namespace tacho {
namespace {

struct EluBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<EluBackwardAttributes>();
    const T gamma(a.gamma), depth(a.gamma * a.alpha);
    apply_backward<T>(run, [=](T dy, T y) { return dy * select(greater(y, T(0)), gamma, y + depth); });
  }
};

Values elu_backward_gradient(const GradientCall& g) {
  const Value dy = g.inputs[0], y = g.inputs[1], d = g.output_gradients[0];
  Values result{Value{}, Value{}};
  if (g.wanted[0]) result[0] = elu_backward(g.emitter, d, y, g.attributes.as<EluBackwardAttributes>());
  if (g.wanted[1]) {  // d dy where y <= 0
    const Value product = mul(g.emitter, d, dy);
    result[1] = sub(g.emitter, product, relu_backward(g.emitter, product, y));
  }
  return result;
}

}  // namespace

extern const OpDef op_elu_backward{
    .name = "elu_backward",
    .doc = "dx = gamma dy where y > 0, else dy (y + gamma alpha).",
    .source = "adjoint of elu and selu, from their output",
    .traits = Trait::elementwise,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.mul = 1, .add = 1, .cmp = 1}); },
    .slice = slice_elementwise,
    .gradient = elu_backward_gradient,
    .reference = reference_of<EluBackwardReference>(),
    .may_alias = {0},
    .samples = backward_samples(EluBackwardAttributes{0.75, 1.5}, {Fill::distinct}),
};

Value elu_backward(Emitter& emitter, Value dy, Value y, const EluBackwardAttributes& attributes) {
  return emit_one(emitter, op_elu_backward, attributes, Values{dy, y});
}

}  // namespace tacho
