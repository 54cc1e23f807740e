#include "ops/sign.h"

#include "ops/pointwise.h"

namespace tacho {
namespace {

struct SignReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_unary<T>(run, [](T x) { return select(greater(x, T(0)), T(1), select(greater(T(0), x), T(-1), T(0))); });
  }
};

}  // namespace

extern const OpDef op_sign{
    .name = "sign",
    .doc = "y = 1 where x > 0, -1 where x < 0, else 0, elementwise.",
    .source = "ONNX Sign",
    .traits = Trait::elementwise | Trait::activation,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.cmp = 2}); },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall&) -> Values { return {Value{}}; },
    .reference = reference_of<SignReference>(),
    .may_alias = {0},
    .samples = unary_samples({}, {Fill::distinct}),
};

Value sign(Emitter& emitter, Value x) { return emit_one(emitter, op_sign, {}, Values{x}); }

}  // namespace tacho
