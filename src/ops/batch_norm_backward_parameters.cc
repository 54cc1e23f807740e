#include "ops/batch_norm_backward_parameters.h"

#include "ops/batch_norm_backward_input.h"
#include "ops/batch_norm_backward_statistics.h"
#include "ops/channel_geometry.h"

namespace tacho {
namespace {

struct BatchNormBackwardParametersReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const ChannelGeometry g = channel_geometry(run.inputs[0].shape());
    const T epsilon(attributes.as<BatchNormAttributes>().epsilon);
    const T* dy = run.in<T>(0);
    const T* x = run.in<T>(1);
    for (int64_t channel = 0; channel < g.channels; ++channel) {
      const T mean = run.in<T>(2)[channel];
      const T centred = channel_sum<T>(g, channel, [dy, x, mean](int64_t i) { return dy[i] * (x[i] - mean); });
      run.out<T>(0)[channel] = centred / sqrt(run.in<T>(3)[channel] + epsilon);
      run.out<T>(1)[channel] = channel_sum<T>(g, channel, [dy](int64_t i) { return dy[i]; });
    }
  }
};

TensorTypes batch_norm_backward_parameters_types(const OpCall& call) {
  expect_inputs(call, 4);
  const TensorType per_channel = expect_images(call, 0);
  expect_type(call, 1, call.inputs[0]);
  for (size_t i = 2; i < 4; ++i) expect_type(call, i, per_channel);
  expect(channel_geometry(call.in(0)).terms() > 0, "expected at least one element a channel, got ", call.in(0));
  return {per_channel, per_channel};
}

/// With d for dscale and b for dbias, the others of batch_norm serve again: in dy it is d (x - mean) r + b, in x d r
/// dy, and in the statistics what batch_norm has there with d as its scale.
Values batch_norm_backward_parameters_gradient(const GradientCall& g) {
  Emitter& e = g.emitter;
  const auto& a = g.attributes.as<BatchNormAttributes>();
  const Value dy = g.inputs[0], x = g.inputs[1], mean = g.inputs[2], variance = g.inputs[3];
  const Value d = gradient_or_zeros(g, 0);
  Values result{Value{}, Value{}, Value{}, Value{}};
  if (g.wanted[0]) result[0] = batch_norm(e, x, d, gradient_or_zeros(g, 1), mean, variance, a);
  if (!g.output_gradients[0]) return result;  // dbias depends on dy alone
  if (g.wanted[1]) result[1] = batch_norm_backward_input(e, dy, d, variance, a);
  if (!g.wanted[2] && !g.wanted[3]) return result;
  const auto through = batch_norm_backward_statistics(e, g.outputs[0], g.outputs[1], d, variance, a);
  result[2] = through.dmean;
  result[3] = through.dvariance;
  return result;
}

Sample batch_norm_backward_parameters_sample(const Shape& images) {
  const TensorType type{DType::float32, images}, per_channel{DType::float32, {images[1]}};
  return {{type, type, per_channel, per_channel},
          BatchNormAttributes{},
          {{Fill::normal}, {Fill::normal}, {Fill::normal}, {Fill::positive}}};
}

}  // namespace

extern const OpDef op_batch_norm_backward_parameters{
    .name = "batch_norm_backward_parameters",
    .doc = "dscale = sum dy (x - mean) / sqrt(variance + epsilon), dbias = sum dy, per channel.",
    .source = "adjoint of batch_norm in scale and bias",
    .traits = Trait::reduction,
    .types = batch_norm_backward_parameters_types,
    .dimensions = [](const OpCall& call) { return channel_dimensions(call.in(0)); },
    .count = [](const OpCall& call) -> OpCount {
      const Expr c = Expr::symbol("C"), n = channel_terms(call.in(0));
      return {.mul = c * n, .add = c * (n + (n - 1) + (n - 1) + 1), .div = c, .transcendental = c};
    },
    .slice = [](const OpCall& call, SliceStates& inputs) { return slice_channels(call, inputs, PartialKind::sum); },
    .gradient = batch_norm_backward_parameters_gradient,
    .reference = reference_of<BatchNormBackwardParametersReference>(),
    .may_alias = {-1, -1},
    .samples = {batch_norm_backward_parameters_sample({4, 3, 5, 7}), batch_norm_backward_parameters_sample({17, 3}),
                batch_norm_backward_parameters_sample({3, 2, 31}), batch_norm_backward_parameters_sample({1, 1, 1, 1})},
};

BatchNormParameterGradients batch_norm_backward_parameters(Emitter& emitter, Value dy, Value x, Value mean,
                                                           Value variance, BatchNormAttributes attributes) {
  const Values outputs = emitter.emit(op_batch_norm_backward_parameters, attributes, Values{dy, x, mean, variance});
  return {outputs[0], outputs[1]};
}

}  // namespace tacho
