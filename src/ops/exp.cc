#include "ops/exp.h"

#include "ops/pointwise.h"

namespace tacho {
namespace {

struct ExpReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_unary<T>(run, [](T x) { return exp(x); });
  }
};

}  // namespace

extern const OpDef op_exp{
    .name = "exp",
    .doc = "y = exp(x), elementwise.",
    .source = "ONNX Exp",
    .traits = Trait::elementwise | Trait::activation,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.transcendental = 1}); },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values { return {mul(g.emitter, g.output_gradients[0], g.outputs[0])}; },
    .reference = reference_of<ExpReference>(),
    .may_alias = {0},
    .samples = unary_samples(),
};

Value exp(Emitter& emitter, Value x) { return emit_one(emitter, op_exp, {}, Values{x}); }

}  // namespace tacho
