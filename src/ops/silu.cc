#include "ops/silu.h"

#include "ops/pointwise.h"
#include "ops/silu_backward.h"

namespace tacho {
namespace {

struct SiluReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_unary<T>(run, [](T x) { return x / (T(1) + exp(-x)); });
  }
};

}  // namespace

extern const OpDef op_silu{
    .name = "silu",
    .doc = "y = x / (1 + exp(-x)), elementwise.",
    .source = "Elfwing et al. 2017; PyTorch's silu",
    .traits = Trait::elementwise | Trait::activation,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.add = 1, .div = 1, .transcendental = 1}); },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values {
      return {silu_backward(g.emitter, g.output_gradients[0], g.inputs[0])};
    },
    .reference = reference_of<SiluReference>(),
    .may_alias = {0},
    .samples = unary_samples(),
};

Value silu(Emitter& emitter, Value x) { return emit_one(emitter, op_silu, {}, Values{x}); }

}  // namespace tacho
