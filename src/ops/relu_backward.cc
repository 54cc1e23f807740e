#include "ops/relu_backward.h"

#include "op/rules.h"
#include "op/scalar.h"

namespace tacho {
namespace {

struct ReluBackwardReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const T* dy = run.in<T>(0);
    const T* y = run.in<T>(1);
    T* dx = run.out<T>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) dx[i] = select(greater(y[i], T(0)), dy[i], T(0));
  }
};

}  // namespace

extern const OpDef op_relu_backward{
    .name = "relu_backward",
    .doc = "dx = dy where y > 0, else 0.",
    .source = "adjoint of relu, from its output",
    .traits = Trait::elementwise,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.cmp = elements(call.out(0))}; },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values {
      return {relu_backward(g.emitter, g.output_gradients[0], g.inputs[1]), Value{}};
    },
    .reference = reference_of<ReluBackwardReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}, {DType::float32, {2, 3, 5, 7}}},
                 {},
                 {{Fill::normal}, {Fill::distinct}}}},
};

Value relu_backward(Emitter& emitter, Value dy, Value y) {
  return emit_one(emitter, op_relu_backward, {}, Values{dy, y});
}

}  // namespace tacho
