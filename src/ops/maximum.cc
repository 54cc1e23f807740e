#include "ops/maximum.h"

#include "ops/broadcast.h"
#include "ops/greater_equal.h"

namespace tacho {
namespace {

struct MaximumReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_broadcast<T>(run, [](T a, T b) { return max(a, b); });
  }
};

Values maximum_gradient(const GradientCall& g) {
  const auto [da, db] = choice_gradients(g, greater_equal(g.emitter, g.inputs[0], g.inputs[1]));
  return {da, db};
}

}  // namespace

extern const OpDef op_maximum{
    .name = "maximum",
    .doc = "c = the larger of a and b, elementwise with broadcasting.",
    .source = "ONNX Max of two operands",
    .traits = Trait::elementwise,
    .types = broadcast_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.cmp = elements(call.out(0))}; },
    .slice = slice_elementwise,
    .gradient = maximum_gradient,
    .reference = reference_of<MaximumReference>(),
    .may_alias = {0},
    .samples = broadcast_samples({}, {Fill::distinct}),
};

Value maximum(Emitter& emitter, Value a, Value b) { return emit_one(emitter, op_maximum, {}, Values{a, b}); }

}  // namespace tacho
