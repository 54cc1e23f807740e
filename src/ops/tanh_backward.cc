#include "ops/tanh_backward.h"

#include "op/rules.h"
#include "op/scalar.h"
#include "ops/mul.h"

namespace tacho {
namespace {

struct TanhBackwardReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const T* dy = run.in<T>(0);
    const T* y = run.in<T>(1);
    T* dx = run.out<T>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) dx[i] = dy[i] * (T(1) - y[i] * y[i]);
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
    .count = [](const OpCall& call) { return OpCount{.mul = 2 * elements(call.out(0)), .add = elements(call.out(0))}; },
    .slice = slice_elementwise,
    .gradient = tanh_backward_gradient,
    .reference = reference_of<TanhBackwardReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}, {DType::float32, {2, 3, 5, 7}}}, {}, {}},
                {{{DType::float32, {17}}, {DType::float32, {17}}}, {}, {}}},
};

Value tanh_backward(Emitter& emitter, Value dy, Value y) {
  return emit_one(emitter, op_tanh_backward, {}, Values{dy, y});
}

}  // namespace tacho
