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
    .count =
        [](const OpCall& call) {
          return OpCount{.cmp = reduction_count(call, call.attributes.as<ReductionAttributes>()).combinations()};
        },
    .slice =
        [](const OpCall& call, SliceStates& inputs) {
          return slice_reduction(call, inputs, call.attributes.as<ReductionAttributes>(), PartialKind::max);
        },
    .gradient = [](const GradientCall& g) -> Values {
      return {max_backward(g.emitter, g.output_gradients[0], g.inputs[0], g.outputs[0],
                           g.attributes.as<ReductionAttributes>())};
    },
    .reference = reference_of<MaxReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {3, 17}}}, ReductionAttributes{{1}}, {{Fill::distinct}}},
                {{{DType::float32, {3, 4, 5, 7}}}, ReductionAttributes{{0, 2, 3}, true}, {{Fill::distinct}}},
                {{{DType::float32, {67}}}, ReductionAttributes{}, {{Fill::distinct}}},
                {{{DType::float32, {3, 1, 31}}}, ReductionAttributes{{0, 1}}, {{Fill::distinct}}},
                {{{DType::float32, {0, 3}}}, ReductionAttributes{{1}}, {{Fill::distinct}}}},
};

Value max(Emitter& emitter, Value x, ReductionAttributes attributes) {
  return emit_one(emitter, op_max, std::move(attributes), Values{x});
}

}  // namespace tacho
