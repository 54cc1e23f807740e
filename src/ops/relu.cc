#include "ops/relu.h"

#include "op/rules.h"
#include "op/scalar.h"
#include "ops/relu_backward.h"

namespace tacho {
namespace {

struct ReluReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const T* x = run.in<T>(0);
    T* y = run.out<T>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) y[i] = max(x[i], T(0));
  }
};

}  // namespace

extern const OpDef op_relu{
    .name = "relu",
    .doc = "y = max(x, 0), elementwise.",
    .source = "sigma of the running-time document",
    .traits = Trait::elementwise | Trait::activation,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.cmp = elements(call.out(0))}; },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values {
      return {relu_backward(g.emitter, g.output_gradients[0], g.outputs[0])};
    },
    .reference = reference_of<ReluReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}}, {}, {{Fill::distinct}}},
                {{{DType::float32, {17}}}, {}, {{Fill::distinct}}}},
};

Value relu(Emitter& emitter, Value x) { return emit_one(emitter, op_relu, {}, Values{x}); }

}  // namespace tacho
