#include "ops/sum.h"

#include "ops/expand.h"
#include "ops/reduction_geometry.h"
#include "ops/reshape.h"

namespace tacho {
namespace {

struct SumReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    reduce_views(run.inputs[0], run.outputs[0], attributes.as<ReductionAttributes>(), T(0),
                 [](T a, T b) { return a + b; });
  }
};

Values sum_gradient(const GradientCall& g) {
  const Shape shape = g.emitter.type(g.inputs[0]).shape;
  const Shape kept = reduced_shape(g.attributes.as<ReductionAttributes>(), shape, true);
  return {expand(g.emitter, reshape(g.emitter, g.output_gradients[0], {kept.begin(), kept.end()}), shape)};
}

}  // namespace

extern const OpDef op_sum{
    .name = "sum",
    .doc = "y = sum of x over some axes.",
    .source = "ONNX ReduceSum; the gradient of a broadcast",
    .traits = Trait::reduction,
    .types = [](const OpCall& call) { return reduction_types(call, call.attributes.as<ReductionAttributes>()); },
    .dimensions = reduction_dimensions,
    .count = [](const OpCall& call) { return OpCount{.add = combinations_of(call)}; },
    .slice = slice_reduction_to<PartialKind::sum>,
    .gradient = sum_gradient,
    .reference = reference_of<SumReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {3, 4, 5, 7}}}, ReductionAttributes{{0, 2, 3}}, {}},
                {{{DType::float32, {3, 17}}}, ReductionAttributes{{0}, true}, {}},
                {{{DType::float32, {2, 3, 31}}}, ReductionAttributes{{-1}}, {}},
                {{{DType::float32, {3, 2, 5, 7}}}, ReductionAttributes{{1, 3}}, {}},
                {{{DType::float32, {3, 67}}}, ReductionAttributes{}, {}},
                {{{DType::float32, {1, 1}}}, ReductionAttributes{{0, 1}}, {}},
                {{{DType::float32, {0, 3}}}, ReductionAttributes{{0}}, {}},
                {{{DType::float32, {2, 3, 2, 3, 2}}}, ReductionAttributes{{0, 2, 4}}, {}}},
};

Value sum(Emitter& emitter, Value x, ReductionAttributes attributes) {
  return emit_one(emitter, op_sum, std::move(attributes), Values{x});
}

Value sum_to(Emitter& emitter, Value x, const Shape& wanted) {
  const Shape shape = emitter.type(x).shape;
  if (shape == wanted) return x;
  const size_t missing = shape.size() - wanted.size();
  ReductionAttributes attributes;
  bool keeps_ones = false;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const bool repeated = axis >= missing && wanted[axis - missing] == 1 && shape[axis] != 1;
    if (axis < missing || repeated) attributes.axes.push_back(int64_t(axis));
    keeps_ones |= repeated;
  }
  attributes.keep_dimensions = keeps_ones && missing == 0;
  return reshape(emitter, sum(emitter, x, attributes), {wanted.begin(), wanted.end()});
}

}  // namespace tacho
