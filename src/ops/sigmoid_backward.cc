#include "ops/sigmoid_backward.h"

#include "ops/pointwise.h"
#include "ops/sub.h"

namespace tacho {
namespace {

struct SigmoidBackwardReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_backward<T>(run, [](T dy, T y) { return dy * (y * (T(1) - y)); });
  }
};

Values sigmoid_backward_gradient(const GradientCall& g) {
  const Value dy = g.inputs[0], y = g.inputs[1], d = g.output_gradients[0];
  Values result{Value{}, Value{}};
  if (g.wanted[0]) result[0] = sigmoid_backward(g.emitter, d, y);
  if (g.wanted[1]) {  // d dy (1 - 2 y)
    const TensorType scalar{g.emitter.type(y).dtype, {}};
    const Value slope = sub(g.emitter, g.emitter.splat(scalar, 1), mul(g.emitter, y, g.emitter.splat(scalar, 2)));
    result[1] = mul(g.emitter, mul(g.emitter, d, dy), slope);
  }
  return result;
}

}  // namespace

extern const OpDef op_sigmoid_backward{
    .name = "sigmoid_backward",
    .doc = "dx = dy y (1 - y).",
    .source = "adjoint of sigmoid, from its output",
    .traits = Trait::elementwise,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.mul = 2, .add = 1}); },
    .slice = slice_elementwise,
    .gradient = sigmoid_backward_gradient,
    .reference = reference_of<SigmoidBackwardReference>(),
    .may_alias = {0},
    .samples = backward_samples(),
};

Value sigmoid_backward(Emitter& emitter, Value dy, Value y) {
  return emit_one(emitter, op_sigmoid_backward, {}, Values{dy, y});
}

}  // namespace tacho
