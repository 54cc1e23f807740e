#include "ops/sub.h"

#include "ops/broadcast.h"
#include "ops/neg.h"

namespace tacho {
namespace {

struct SubReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_broadcast<T>(run, [](T a, T b) { return a - b; });
  }
};

Values sub_gradient(const GradientCall& g) {
  const Value dc = g.output_gradients[0];
  return {g.wanted[0] ? sum_to(g.emitter, dc, g.emitter.type(g.inputs[0]).shape) : Value{},
          g.wanted[1] ? neg(g.emitter, sum_to(g.emitter, dc, g.emitter.type(g.inputs[1]).shape)) : Value{}};
}

}  // namespace

extern const OpDef op_sub{
    .name = "sub",
    .doc = "c = a - b, elementwise with broadcasting.",
    .source = "ONNX Sub",
    .traits = Trait::elementwise,
    .types = broadcast_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.add = elements(call.out(0))}; },
    .slice = slice_elementwise,
    .gradient = sub_gradient,
    .reference = reference_of<SubReference>(),
    .may_alias = {0},
    .samples = broadcast_samples(),
};

Value sub(Emitter& emitter, Value a, Value b) { return emit_one(emitter, op_sub, {}, Values{a, b}); }

}  // namespace tacho
