#include "ops/silu_backward.h"

#include "ops/pointwise.h"
#include "ops/sigmoid.h"
#include "ops/sub.h"

namespace tacho {
namespace {

struct SiluBackwardReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_backward<T>(run, [](T dy, T x) {
      const T s = T(1) / (T(1) + exp(-x));
      return dy * (s * (T(1) + x * (T(1) - s)));
    });
  }
};

// The second derivative is s (1 - s) (2 + x (1 - 2 s)).
Values silu_backward_gradient(const GradientCall& g) {
  Emitter& e = g.emitter;
  const Value dy = g.inputs[0], x = g.inputs[1], d = g.output_gradients[0];
  Values result{Value{}, Value{}};
  if (g.wanted[0]) result[0] = silu_backward(e, d, x);
  if (g.wanted[1]) {
    const Value s = sigmoid(e, x);
    const Value slope = sub(e, s, mul(e, s, s));
    const Value bend = mul(e, slope, shifted(e, mul(e, x, shifted(e, scaled(e, s, -2), 1)), 2));
    result[1] = mul(e, mul(e, d, dy), bend);
  }
  return result;
}

}  // namespace

extern const OpDef op_silu_backward{
    .name = "silu_backward",
    .doc = "dx = dy s (1 + x (1 - s)), s = 1 / (1 + exp(-x)).",
    .source = "adjoint of silu",
    .traits = Trait::elementwise,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.mul = 3, .add = 3, .div = 1, .transcendental = 1}); },
    .slice = slice_elementwise,
    .gradient = silu_backward_gradient,
    .reference = reference_of<SiluBackwardReference>(),
    .may_alias = {0},
    .samples = backward_samples(),
};

Value silu_backward(Emitter& emitter, Value dy, Value x) {
  return emit_one(emitter, op_silu_backward, {}, Values{dy, x});
}

}  // namespace tacho
