#include "ops/min.h"

#include "ops/max_backward.h"
#include "ops/reduction_rules.h"

namespace tacho {
namespace {

struct MinReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    reduce_views(run.inputs[0], run.outputs[0], attributes.as<ReductionAttributes>(), T(0),
                 [](T a, T b) { return min(a, b); });
  }
};

// The adjoint looks for the first element that equals the result: that of max does.
Values min_gradient(const GradientCall& g) {
  return {max_backward(g.emitter, g.output_gradients[0], g.inputs[0], g.outputs[0],
                       g.attributes.as<ReductionAttributes>())};
}

void min_merge(const Attributes&, std::span<const View> into, int64_t, std::span<const View> from, int64_t) {
  merge_elements(into[0], from[0], [](auto a, auto b) { return min(a, b); });
}

}  // namespace

extern const OpDef op_min{
    .name = "min",
    .doc = "y = smallest element of x over some axes.",
    .source = "ONNX ReduceMin",
    .traits = Trait::reduction,
    .types = nonempty_reduction_types,
    .dimensions = reduction_dimensions,
    .count = [](const OpCall& call) { return OpCount{.cmp = combinations_of(call)}; },
    .slice = slice_reduction_to<PartialKind::merge>,
    .gradient = min_gradient,
    .reference = reference_of<MinReference>(),
    .merge = min_merge,
    .may_alias = {-1},
    .samples = extreme_samples(),
};

Value min(Emitter& emitter, Value x, ReductionAttributes attributes) {
  return emit_one(emitter, op_min, std::move(attributes), Values{x});
}

}  // namespace tacho
