#include "ops/batch_norm_backward_statistics.h"

#include "ops/div.h"
#include "ops/neg.h"
#include "ops/pointwise.h"

namespace tacho {
namespace {

struct BatchNormBackwardStatisticsReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const T epsilon(attributes.as<BatchNormAttributes>().epsilon);
    const T* dscale = run.in<T>(0);
    const T* dbias = run.in<T>(1);
    const T* scale = run.in<T>(2);
    const T* variance = run.in<T>(3);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) {
      const T r = T(1) / sqrt(variance[i] + epsilon), slope = scale[i] * r;
      const T mean_gradient = -(slope * dbias[i]), variance_gradient = T(-0.5) * (slope * r) * dscale[i];
      run.out<T>(0)[i] = mean_gradient;
      run.out<T>(1)[i] = variance_gradient;
    }
  }
};

TensorTypes batch_norm_backward_statistics_types(const OpCall& call) {
  expect(call.inputs.size() == 4, "expected 4 inputs, got ", call.inputs.size());
  const TensorType type = same_as_first(call)[0];
  expect(type.shape.size() == 1, "expected one number per channel, got ", type);
  return {type, type};
}

/// With a for dmean and b for dvariance. It is linear in (dbias, dscale) by a diagonal matrix, so that (a, b) go back
/// through it; in scale: its results for a scale of 1, times a and b; in variance: -(a dmean / 2 + b dvariance) r^2.
Values batch_norm_backward_statistics_gradient(const GradientCall& g) {
  Emitter& e = g.emitter;
  const auto& attributes = g.attributes.as<BatchNormAttributes>();
  const Value dscale = g.inputs[0], dbias = g.inputs[1], scale = g.inputs[2], variance = g.inputs[3];
  const Value a = gradient_or_zeros(g, 0), b = gradient_or_zeros(g, 1);
  Values result{Value{}, Value{}, Value{}, Value{}};
  if (g.wanted[0] || g.wanted[1]) {
    const auto back = batch_norm_backward_statistics(e, b, a, scale, variance, attributes);
    result[0] = back.dvariance;
    result[1] = back.dmean;
  }
  if (g.wanted[2]) {
    const Value ones = e.splat(e.type(scale), 1);
    const auto per_scale = batch_norm_backward_statistics(e, dscale, dbias, ones, variance, attributes);
    result[2] = add(e, mul(e, a, per_scale.dmean), mul(e, b, per_scale.dvariance));
  }
  if (g.wanted[3]) {
    const Value terms = add(e, scaled(e, mul(e, a, g.outputs[0]), 0.5), mul(e, b, g.outputs[1]));
    result[3] = neg(e, div(e, terms, shifted(e, variance, attributes.epsilon)));
  }
  return result;
}

Sample batch_norm_backward_statistics_sample(int64_t channels) {
  const TensorType type{DType::float32, {channels}};
  return {{type, type, type, type},
          BatchNormAttributes{},
          {{Fill::normal}, {Fill::normal}, {Fill::normal}, {Fill::positive}}};
}

}  // namespace

extern const OpDef op_batch_norm_backward_statistics{
    .name = "batch_norm_backward_statistics",
    .doc = "dmean = -scale r dbias, dvariance = -scale r^2 dscale / 2 with r = 1 / sqrt(variance + epsilon).",
    .source = "adjoint of batch_norm in mean and variance, from those in scale and bias",
    .traits = Trait::elementwise,
    .types = batch_norm_backward_statistics_types,
    .dimensions =
        [](const OpCall& call) {
          return Bindings{{"C", call.in(0)[0]}};
        },
    .count = [](const OpCall&) -> OpCount {
      const Expr c = Expr::symbol("C");
      return {.mul = 5 * c, .add = c, .div = c, .transcendental = c};
    },
    .slice = slice_elementwise,
    .gradient = batch_norm_backward_statistics_gradient,
    .reference = reference_of<BatchNormBackwardStatisticsReference>(),
    .may_alias = {1, 0},
    .samples = {batch_norm_backward_statistics_sample(3), batch_norm_backward_statistics_sample(17),
                batch_norm_backward_statistics_sample(1)},
};

BatchNormStatisticsGradients batch_norm_backward_statistics(Emitter& emitter, Value dscale, Value dbias, Value scale,
                                                            Value variance, BatchNormAttributes attributes) {
  const Values outputs =
      emitter.emit(op_batch_norm_backward_statistics, attributes, Values{dscale, dbias, scale, variance});
  return {outputs[0], outputs[1]};
}

}  // namespace tacho
