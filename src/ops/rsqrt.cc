#include "ops/rsqrt.h"

#include "ops/pointwise.h"

namespace tacho {
namespace {

struct RsqrtReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_unary<T>(run, [](T x) { return T(1) / sqrt(x); });
  }
};

Values rsqrt_gradient(const GradientCall& g) {  // -dy y^3 / 2
  const Value y = g.outputs[0], cube = mul(g.emitter, y, mul(g.emitter, y, y));
  return {mul(g.emitter, scaled(g.emitter, g.output_gradients[0], -0.5), cube)};
}

}  // namespace

extern const OpDef op_rsqrt{
    .name = "rsqrt",
    .doc = "y = 1 / sqrt(x), elementwise.",
    .source = "PyTorch's rsqrt",
    .traits = Trait::elementwise | Trait::activation,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.div = 1, .transcendental = 1}); },
    .slice = slice_elementwise,
    .gradient = rsqrt_gradient,
    .reference = reference_of<RsqrtReference>(),
    .may_alias = {0},
    .samples = unary_samples({}, {Fill::positive}),
};

Value rsqrt(Emitter& emitter, Value x) { return emit_one(emitter, op_rsqrt, {}, Values{x}); }

}  // namespace tacho
