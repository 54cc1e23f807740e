#include "ops/sigmoid_backward.h"

#include "op/rules.h"
#include "op/scalar.h"
#include "ops/mul.h"
#include "ops/sub.h"

namespace tacho {
namespace {

struct SigmoidBackwardReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const T* dy = run.in<T>(0);
    const T* y = run.in<T>(1);
    T* dx = run.out<T>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) dx[i] = dy[i] * (y[i] * (T(1) - y[i]));
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
    .count = [](const OpCall& call) { return OpCount{.mul = 2 * elements(call.out(0)), .add = elements(call.out(0))}; },
    .slice = slice_elementwise,
    .gradient = sigmoid_backward_gradient,
    .reference = reference_of<SigmoidBackwardReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}, {DType::float32, {2, 3, 5, 7}}}, {}, {}},
                {{{DType::float32, {17}}, {DType::float32, {17}}}, {}, {}}},
};

Value sigmoid_backward(Emitter& emitter, Value dy, Value y) {
  return emit_one(emitter, op_sigmoid_backward, {}, Values{dy, y});
}

}  // namespace tacho
