#include "ops/batch_norm.h"

#include "ops/batch_norm_backward_input.h"
#include "ops/batch_norm_backward_parameters.h"
#include "ops/batch_norm_backward_statistics.h"
#include "ops/channel_geometry.h"

namespace tacho {
namespace {

/// As y = slope x + offset with two numbers per channel: one multiplication and one addition an element.
struct BatchNormReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const ChannelGeometry g = channel_geometry(run.inputs[0].shape());
    const T epsilon(attributes.as<BatchNormAttributes>().epsilon);
    for (int64_t channel = 0; channel < g.channels; ++channel) {
      const T slope = run.in<T>(1)[channel] / sqrt(run.in<T>(4)[channel] + epsilon);
      const T offset = run.in<T>(2)[channel] - run.in<T>(3)[channel] * slope;
      for_each_plane(g, channel, [&, slope, offset](int64_t first) {
        const T* x = run.in<T>(0) + first;
        T* y = run.out<T>(0) + first;
        for (int64_t i = 0; i < g.inner; ++i) y[i] = x[i] * slope + offset;
      });
    }
  }
};

TensorTypes batch_norm_types(const OpCall& call) {
  expect_inputs(call, 5);
  const TensorType per_channel = expect_images(call, 0);
  for (size_t i = 1; i < 5; ++i) expect_type(call, i, per_channel);
  return {call.inputs[0]};
}

Values batch_norm_gradient(const GradientCall& g) {
  const auto& a = g.attributes.as<BatchNormAttributes>();
  const Value dy = g.output_gradients[0], x = g.inputs[0], scale = g.inputs[1], mean = g.inputs[3],
              variance = g.inputs[4];
  Values result(5);
  if (g.wanted[0]) result[0] = batch_norm_backward_input(g.emitter, dy, scale, variance, a);
  const bool statistics = g.wanted[3] || g.wanted[4];
  if (!statistics && !g.wanted[1] && !g.wanted[2]) return result;
  const auto parameters = batch_norm_backward_parameters(g.emitter, dy, x, mean, variance, a);
  result[1] = parameters.dscale;
  result[2] = parameters.dbias;
  if (!statistics) return result;
  const auto through =
      batch_norm_backward_statistics(g.emitter, parameters.dscale, parameters.dbias, scale, variance, a);
  result[3] = through.dmean;
  result[4] = through.dvariance;
  return result;
}

Sample batch_norm_sample(const Shape& images, double epsilon) {
  const TensorType per_channel{DType::float32, {images[1]}};
  return {{{DType::float32, images}, per_channel, per_channel, per_channel, per_channel},
          BatchNormAttributes{epsilon},
          {{Fill::normal}, {Fill::normal}, {Fill::normal}, {Fill::normal}, {Fill::positive}}};
}

}  // namespace

extern const OpDef op_batch_norm{
    .name = "batch_norm",
    .doc = "y = a x + (bias - a mean) with a = scale / sqrt(variance + epsilon), per channel.",
    .source = "Ioffe and Szegedy 2015; ONNX BatchNormalization with training_mode 0",
    .types = batch_norm_types,
    .dimensions = [](const OpCall& call) { return channel_dimensions(call.in(0)); },
    .count = [](const OpCall& call) -> OpCount {
      const Expr c = Expr::symbol("C"), n = channel_terms(call.in(0));
      return {.mul = c * n + c, .add = c * n + 2 * c, .div = c, .transcendental = c};
    },
    .slice = [](const OpCall& call, SliceStates& inputs) { return slice_channels(call, inputs, PartialKind::sum); },
    .gradient = batch_norm_gradient,
    .reference = reference_of<BatchNormReference>(),
    .may_alias = {0},
    .samples = {batch_norm_sample({4, 3, 5, 7}, 1e-5), batch_norm_sample({17, 3}, 0.1),
                batch_norm_sample({3, 2, 31}, 1e-3), batch_norm_sample({2, 3, 2, 2, 2}, 1e-5)},
};

Value batch_norm(Emitter& emitter, Value x, Value scale, Value bias, Value mean, Value variance,
                 BatchNormAttributes attributes) {
  return emit_one(emitter, op_batch_norm, attributes, Values{x, scale, bias, mean, variance});
}

}  // namespace tacho
