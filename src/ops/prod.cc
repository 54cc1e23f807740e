#include "ops/prod.h"

#include "ops/prod_backward.h"
#include "ops/reduction_rules.h"

namespace tacho {
namespace {

struct ProdReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    reduce_views(run.inputs[0], run.outputs[0], attributes.as<ReductionAttributes>(), T(1),
                 [](T a, T b) { return a * b; });
  }
};

void prod_merge(const Attributes&, std::span<const View> into, int64_t, std::span<const View> from, int64_t) {
  merge_elements(into[0], from[0], [](auto a, auto b) { return a * b; });
}

}  // namespace

extern const OpDef op_prod{
    .name = "prod",
    .doc = "y = product of x over some axes.",
    .source = "ONNX ReduceProd",
    .traits = Trait::reduction,
    .types = [](const OpCall& call) { return reduction_types(call, call.attributes.as<ReductionAttributes>()); },
    .dimensions = reduction_dimensions,
    .count = [](const OpCall& call) { return OpCount{.mul = combinations_of(call)}; },
    .slice = slice_reduction_to<PartialKind::merge>,
    .gradient = [](const GradientCall& g) -> Values {
      return {prod_backward(g.emitter, g.output_gradients[0], g.inputs[0], g.attributes.as<ReductionAttributes>())};
    },
    .reference = reference_of<ProdReference>(),
    .merge = prod_merge,
    .may_alias = {-1},
    .samples = {{{{DType::float32, {3, 17}}}, ReductionAttributes{{1}}, {{Fill::positive}}},
                {{{DType::float32, {3, 2, 5, 2}}}, ReductionAttributes{{0, 2, 3}, true}, {{Fill::positive}}},
                {{{DType::float32, {37}}}, ReductionAttributes{}, {{Fill::positive}}},
                {{{DType::float32, {3, 1, 31}}}, ReductionAttributes{{0, 1}}, {}},
                {{{DType::float32, {2, 3}}}, ReductionAttributes{{1}}, {{Fill::number, 0, 0}}},
                {{{DType::float32, {0, 3}}}, ReductionAttributes{{0}}, {}}},
};

Value prod(Emitter& emitter, Value x, ReductionAttributes attributes) {
  return emit_one(emitter, op_prod, std::move(attributes), Values{x});
}

}  // namespace tacho
