#include "ops/tanh.h"

#include "op/rules.h"
#include "op/scalar.h"
#include "ops/tanh_backward.h"

namespace tacho {
namespace {

struct TanhReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const T* x = run.in<T>(0);
    T* y = run.out<T>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) y[i] = tanh(x[i]);
  }
};

}  // namespace

extern const OpDef op_tanh{
    .name = "tanh",
    .doc = "y = tanh(x), elementwise.",
    .source = "ONNX Tanh",
    .traits = Trait::elementwise | Trait::activation,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.transcendental = elements(call.out(0))}; },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values {
      return {tanh_backward(g.emitter, g.output_gradients[0], g.outputs[0])};
    },
    .reference = reference_of<TanhReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}}, {}, {}},
                {{{DType::float32, {17}}}, {}, {}},
                {{{DType::float32, {0, 3}}}, {}, {}}},
};

Value tanh(Emitter& emitter, Value x) { return emit_one(emitter, op_tanh, {}, Values{x}); }

}  // namespace tacho
