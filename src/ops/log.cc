#include "ops/log.h"

#include "ops/div.h"
#include "ops/pointwise.h"

namespace tacho {
namespace {

struct LogReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_unary<T>(run, [](T x) { return log(x); });
  }
};

}  // namespace

extern const OpDef op_log{
    .name = "log",
    .doc = "y = log(x), elementwise.",
    .source = "ONNX Log",
    .traits = Trait::elementwise | Trait::activation,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.transcendental = 1}); },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values { return {div(g.emitter, g.output_gradients[0], g.inputs[0])}; },
    .reference = reference_of<LogReference>(),
    .may_alias = {0},
    .samples = unary_samples({}, {Fill::positive}),
};

Value log(Emitter& emitter, Value x) { return emit_one(emitter, op_log, {}, Values{x}); }

}  // namespace tacho
