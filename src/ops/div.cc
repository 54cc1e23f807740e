#include "ops/div.h"

#include "ops/broadcast.h"
#include "ops/mul.h"
#include "ops/neg.h"

namespace tacho {
namespace {

struct DivReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_broadcast<T>(run, [](T a, T b) { return a / b; });
  }
};

Values div_gradient(const GradientCall& g) {
  const Value a = g.inputs[0], b = g.inputs[1];
  const Value quotient = div(g.emitter, g.output_gradients[0], b);  // dc / b; db = -(dc / b) c
  Values result{Value{}, Value{}};
  if (g.wanted[0]) result[0] = sum_to(g.emitter, quotient, g.emitter.type(a).shape);
  if (g.wanted[1])
    result[1] = neg(g.emitter, sum_to(g.emitter, mul(g.emitter, quotient, g.outputs[0]), g.emitter.type(b).shape));
  return result;
}

}  // namespace

extern const OpDef op_div{
    .name = "div",
    .doc = "c = a / b, elementwise with broadcasting.",
    .source = "ONNX Div on floating inputs",
    .traits = Trait::elementwise,
    .types = broadcast_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.div = elements(call.out(0))}; },
    .slice = slice_elementwise,
    .gradient = div_gradient,
    .reference = reference_of<DivReference>(),
    .may_alias = {0},
    .samples = broadcast_samples({}, {Fill::positive}),
};

Value div(Emitter& emitter, Value a, Value b) { return emit_one(emitter, op_div, {}, Values{a, b}); }

}  // namespace tacho
