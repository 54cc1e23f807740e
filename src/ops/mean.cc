#include "ops/mean.h"

#include "ops/expand.h"
#include "ops/mul.h"
#include "ops/reduction_geometry.h"
#include "ops/reshape.h"

namespace tacho {
namespace {

const ReductionAttributes& reduction_of(const Attributes& attributes) { return attributes.as<MeanAttributes>(); }

struct MeanReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const ReductionAttributes& reduction = reduction_of(attributes);
    reduce_views(run.inputs[0], run.outputs[0], reduction, T(0), [](T a, T b) { return a + b; });
    const int64_t terms = attributes.as<MeanAttributes>().terms;
    const T n(double(terms ? terms : reduced_elements(reduction, run.inputs[0].shape())));
    T* y = run.out<T>(0);
    for (int64_t i = 0, results = run.outputs[0].elements(); i < results; ++i) y[i] = y[i] / n;
  }
};

TensorTypes mean_types(const OpCall& call) {
  const ReductionAttributes& reduction = reduction_of(call.attributes);
  const TensorTypes types = reduction_types(call, reduction);
  const int64_t terms = call.attributes.as<MeanAttributes>().terms, seen = reduced_elements(reduction, call.in(0));
  expect(terms == 0 || terms >= seen, "expected terms of 0 or at least ", seen, ", got ", terms);
  return types;
}

OpCount mean_count(const OpCall& call) {
  const ReductionCount count = reduction_count(call, reduction_of(call.attributes));
  return {.add = count.combinations(), .div = count.results};
}

SliceStates mean_slice(const OpCall& call, SliceStates& inputs) {
  const SliceStates outputs = slice_reduction(call, inputs, reduction_of(call.attributes), PartialKind::sum);
  if (outputs[0].kind == SliceState::partial && call.attributes.as<MeanAttributes>().terms == 0)
    return {SliceState::Refused("its attributes do not say over how many elements of the whole it averages")};
  return outputs;
}

/// dy / n for each element. Where dy is known (a loss: 1), that is a constant and costs nothing, so that a mean over
/// the batch does not end a segment of slices.
Values mean_gradient(const GradientCall& g) {
  const TensorType type = g.emitter.type(g.inputs[0]);
  const ReductionAttributes& reduction = reduction_of(g.attributes);
  const double n = double(reduced_elements(reduction, type.shape));
  const Value dy = g.output_gradients[0];
  if (const auto number = g.emitter.splat_value(dy)) return {g.emitter.splat(type, *number / n)};
  const Shape kept = reduced_shape(reduction, type.shape, true);
  const Value part = mul(g.emitter, dy, g.emitter.splat({type.dtype, {}}, 1 / n));
  return {expand(g.emitter, reshape(g.emitter, part, {kept.begin(), kept.end()}), type.shape)};
}

}  // namespace

extern const OpDef op_mean{
    .name = "mean",
    .doc = "y = sum of x over some axes, divided by the number of terms.",
    .source = "ONNX ReduceMean",
    .traits = Trait::reduction,
    .types = mean_types,
    .dimensions = reduction_dimensions,
    .count = mean_count,
    .slice = mean_slice,
    .gradient = mean_gradient,
    .reference = reference_of<MeanReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {17}}}, MeanAttributes{{{0}, false}, 17}, {}},
                {{{DType::float32, {3, 4, 5, 7}}}, MeanAttributes{{{2, 3}, true}, 35}, {}},
                {{{DType::float32, {3, 31}}}, MeanAttributes{{{0}, false}, 3}, {}},
                {{{DType::float32, {3, 67}}}, MeanAttributes{{{-1}, false}, 67}, {}},
                {{{DType::float32, {3, 5}}}, MeanAttributes{}, {}},
                {{{DType::float32, {1}}}, MeanAttributes{{{0}, false}, 1}, {}}},
};

Value mean(Emitter& emitter, Value x, ReductionAttributes attributes) {
  const int64_t terms = reduced_elements(attributes, emitter.type(x).shape);
  return emit_one(emitter, op_mean, MeanAttributes{std::move(attributes), terms}, Values{x});
}

}  // namespace tacho
