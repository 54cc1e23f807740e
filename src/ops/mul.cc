#include "ops/mul.h"

#include "ops/broadcast.h"

namespace tacho {
namespace {

struct MulReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_broadcast<T>(run, [](T a, T b) { return a * b; });
  }
};

Values mul_gradient(const GradientCall& g) {
  const Value a = g.inputs[0], b = g.inputs[1], dc = g.output_gradients[0];
  return {g.wanted[0] ? sum_to(g.emitter, mul(g.emitter, dc, b), g.emitter.type(a).shape) : Value{},
          g.wanted[1] ? sum_to(g.emitter, mul(g.emitter, dc, a), g.emitter.type(b).shape) : Value{}};
}

}  // namespace

extern const OpDef op_mul{
    .name = "mul",
    .doc = "c = a * b, elementwise with broadcasting.",
    .source = "ONNX Mul",
    .traits = Trait::elementwise,
    .types = broadcast_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.mul = elements(call.out(0))}; },
    .slice = slice_elementwise,
    .gradient = mul_gradient,
    .reference = reference_of<MulReference>(),
    .may_alias = {0},
    .samples = broadcast_samples(),
};

Value mul(Emitter& emitter, Value a, Value b) { return emit_one(emitter, op_mul, {}, Values{a, b}); }

}  // namespace tacho
