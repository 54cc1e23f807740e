#include "ops/minimum.h"

#include "ops/broadcast.h"
#include "ops/less_equal.h"

namespace tacho {
namespace {

struct MinimumReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_broadcast<T>(run, [](T a, T b) { return min(a, b); });
  }
};

Values minimum_gradient(const GradientCall& g) {
  const auto [da, db] = choice_gradients(g, less_equal(g.emitter, g.inputs[0], g.inputs[1]));
  return {da, db};
}

}  // namespace

extern const OpDef op_minimum{
    .name = "minimum",
    .doc = "c = the smaller of a and b, elementwise with broadcasting.",
    .source = "ONNX Min of two operands",
    .traits = Trait::elementwise,
    .types = broadcast_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.cmp = elements(call.out(0))}; },
    .slice = slice_elementwise,
    .gradient = minimum_gradient,
    .reference = reference_of<MinimumReference>(),
    .may_alias = {0},
    .samples = broadcast_samples({}, {Fill::distinct}),
};

Value minimum(Emitter& emitter, Value a, Value b) { return emit_one(emitter, op_minimum, {}, Values{a, b}); }

}  // namespace tacho
