#include "ops/add.h"

#include "ops/broadcast.h"

namespace tacho {
namespace {

struct AddReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_broadcast<T>(run, [](T a, T b) { return a + b; });
  }
};

Values add_gradient(const GradientCall& g) {
  return {g.wanted[0] ? sum_to(g.emitter, g.output_gradients[0], g.emitter.type(g.inputs[0]).shape) : Value{},
          g.wanted[1] ? sum_to(g.emitter, g.output_gradients[0], g.emitter.type(g.inputs[1]).shape) : Value{}};
}

}  // namespace

extern const OpDef op_add{
    .name = "add",
    .doc = "c = a + b, elementwise with broadcasting.",
    .source = "ONNX Add",
    .traits = Trait::elementwise,
    .types = broadcast_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.add = elements(call.out(0))}; },
    .slice = slice_elementwise,
    .gradient = add_gradient,
    .reference = reference_of<AddReference>(),
    .may_alias = {0},
    .samples = broadcast_samples(),
};

Value add(Emitter& emitter, Value a, Value b) { return emit_one(emitter, op_add, {}, Values{a, b}); }

}  // namespace tacho
