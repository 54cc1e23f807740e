#include "ops/pow.h"

#include "ops/broadcast.h"
#include "ops/log.h"
#include "ops/pointwise.h"

namespace tacho {
namespace {

struct PowReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_broadcast<T>(run, [](T a, T b) { return pow(a, b); });
  }
};

/// b - 1, known now where b is.
Value one_less(Emitter& emitter, Value b) {
  const auto number = emitter.splat_value(b);
  return number ? emitter.splat(emitter.type(b), *number - 1) : shifted(emitter, b, -1);
}

Values pow_gradient(const GradientCall& g) {
  Emitter& e = g.emitter;
  const Value a = g.inputs[0], b = g.inputs[1], dc = g.output_gradients[0];
  Values result{Value{}, Value{}};
  if (g.wanted[0])  // dc b a^(b - 1)
    result[0] = sum_to(e, mul(e, mul(e, dc, b), pow(e, a, one_less(e, b))), e.type(a).shape);
  if (g.wanted[1])  // dc a^b log a
    result[1] = sum_to(e, mul(e, mul(e, dc, g.outputs[0]), log(e, a)), e.type(b).shape);
  return result;
}

}  // namespace

extern const OpDef op_pow{
    .name = "pow",
    .doc = "c = a^b, elementwise with broadcasting.",
    .source = "ONNX Pow on floating inputs",
    .traits = Trait::elementwise,
    .types = broadcast_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.transcendental = elements(call.out(0))}; },
    .slice = slice_elementwise,
    .gradient = pow_gradient,
    .reference = reference_of<PowReference>(),
    .may_alias = {0},
    .samples = broadcast_samples({Fill::positive}),
};

Value pow(Emitter& emitter, Value a, Value b) { return emit_one(emitter, op_pow, {}, Values{a, b}); }

}  // namespace tacho
