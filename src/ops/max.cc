#include "ops/max.h"

#include "ops/max_backward.h"
#include "ops/reduction_rules.h"

namespace tacho {
namespace {

struct MaxReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    reduce_views(run.inputs[0], run.outputs[0], attributes.as<ReductionAttributes>(), T(0),
                 [](T a, T b) { return max(a, b); });
  }
};

}  // namespace

extern const OpDef op_max{
    .name = "max",
    .doc = "y = largest element of x over some axes.",
    .source = "ONNX ReduceMax",
    .traits = Trait::reduction,
    .types = nonempty_reduction_types,
    .dimensions = reduction_dimensions,
    .count = [](const OpCall& call) { return OpCount{.cmp = combinations_of(call)}; },
    .slice = slice_reduction_to<PartialKind::max>,
    .gradient = [](const GradientCall& g) -> Values {
      return {max_backward(g.emitter, g.output_gradients[0], g.inputs[0], g.outputs[0],
                           g.attributes.as<ReductionAttributes>())};
    },
    .reference = reference_of<MaxReference>(),
    .may_alias = {-1},
    .samples = extreme_samples(),
};

Value max(Emitter& emitter, Value x, ReductionAttributes attributes) {
  return emit_one(emitter, op_max, std::move(attributes), Values{x});
}

}  // namespace tacho
