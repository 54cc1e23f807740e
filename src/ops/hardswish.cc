#include "ops/hardswish.h"

#include "ops/hardswish_backward.h"
#include "ops/pointwise.h"

namespace tacho {
namespace {

struct HardswishReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const T sixth(1.0 / 6), half(0.5), zero(0), one(1);
    apply_unary<T>(run, [=](T x) { return x * min(max(sixth * x + half, zero), one); });
  }
};

}  // namespace

extern const OpDef op_hardswish{
    .name = "hardswish",
    .doc = "y = x max(0, min(1, x / 6 + 1/2)), elementwise.",
    .source = "Howard et al. 2019; ONNX HardSwish",
    .traits = Trait::elementwise | Trait::activation,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.mul = 2, .add = 1, .cmp = 2}); },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values {
      return {hardswish_backward(g.emitter, g.output_gradients[0], g.inputs[0])};
    },
    .reference = reference_of<HardswishReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {2, 3, 9, 11}}}, {}, {{Fill::distinct}}},
                {{{DType::float32, {17}}}, {}, {}},
                {{{DType::float32, {0, 3}}}, {}, {}}},
};

Value hardswish(Emitter& emitter, Value x) { return emit_one(emitter, op_hardswish, {}, Values{x}); }

}  // namespace tacho
