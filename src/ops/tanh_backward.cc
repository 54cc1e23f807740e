#include "ops/tanh_backward.h"

#include "ops/pointwise.h"

namespace tacho {
namespace {

struct TanhBackwardReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_backward<T>(run, [](T dy, T y) { return dy * (T(1) - y * y); });
  }
};

Values tanh_backward_gradient(const GradientCall& g) {
  const Value dy = g.inputs[0], y = g.inputs[1], d = g.output_gradients[0];
  Values result{Value{}, Value{}};
  if (g.wanted[0]) result[0] = tanh_backward(g.emitter, d, y);
  if (g.wanted[1]) {  // -2 d dy y
    const Value slope = mul(g.emitter, y, g.emitter.splat({g.emitter.type(y).dtype, {}}, -2));
    result[1] = mul(g.emitter, mul(g.emitter, d, dy), slope);
  }
  return result;
}

}  // namespace

extern const OpDef op_tanh_backward{
    .name = "tanh_backward",
    .doc = "dx = dy (1 - y^2).",
    .source = "adjoint of tanh, from its output",
    .traits = Trait::elementwise,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.mul = 2, .add = 1}); },
    .slice = slice_elementwise,
    .gradient = tanh_backward_gradient,
    .reference = reference_of<TanhBackwardReference>(),
    .may_alias = {0},
    .samples = backward_samples(),
};

Value tanh_backward(Emitter& emitter, Value dy, Value y) {
  return emit_one(emitter, op_tanh_backward, {}, Values{dy, y});
}

}  // namespace tacho
