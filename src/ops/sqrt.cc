#include "ops/sqrt.h"

#include "ops/div.h"
#include "ops/pointwise.h"

namespace tacho {
namespace {

struct SqrtReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_unary<T>(run, [](T x) { return sqrt(x); });
  }
};

}  // namespace

extern const OpDef op_sqrt{
    .name = "sqrt",
    .doc = "y = sqrt(x), elementwise.",
    .source = "ONNX Sqrt",
    .traits = Trait::elementwise | Trait::activation,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.transcendental = 1}); },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values {
      return {scaled(g.emitter, div(g.emitter, g.output_gradients[0], g.outputs[0]), 0.5)};
    },
    .reference = reference_of<SqrtReference>(),
    .may_alias = {0},
    .samples = unary_samples({}, {Fill::positive}),
};

Value sqrt(Emitter& emitter, Value x) { return emit_one(emitter, op_sqrt, {}, Values{x}); }

}  // namespace tacho
