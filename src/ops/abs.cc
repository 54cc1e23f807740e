#include "ops/abs.h"

#include "ops/pointwise.h"
#include "ops/sign.h"

namespace tacho {
namespace {

struct AbsReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_unary<T>(run, [](T x) { return abs(x); });
  }
};

}  // namespace

extern const OpDef op_abs{
    .name = "abs",
    .doc = "y = |x|, elementwise.",
    .source = "ONNX Abs",
    .traits = Trait::elementwise | Trait::activation,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.cmp = 1}); },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values {
      return {mul(g.emitter, g.output_gradients[0], sign(g.emitter, g.inputs[0]))};
    },
    .reference = reference_of<AbsReference>(),
    .may_alias = {0},
    .samples = unary_samples({}, {Fill::distinct}),
};

Value abs(Emitter& emitter, Value x) { return emit_one(emitter, op_abs, {}, Values{x}); }

}  // namespace tacho
