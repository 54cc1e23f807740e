#include "ops/batch_norm_backward_input.h"

#include "ops/batch_norm_backward_parameters.h"
#include "ops/batch_norm_backward_statistics.h"
#include "ops/channel_geometry.h"

namespace tacho {
namespace {

struct BatchNormBackwardInputReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const ChannelGeometry g = channel_geometry(run.inputs[0].shape());
    const T epsilon(attributes.as<BatchNormAttributes>().epsilon);
    for (int64_t channel = 0; channel < g.channels; ++channel) {
      const T slope = run.in<T>(1)[channel] / sqrt(run.in<T>(2)[channel] + epsilon);
      for_each_plane(g, channel, [&, slope](int64_t first) {
        const T* dy = run.in<T>(0) + first;
        T* dx = run.out<T>(0) + first;
        for (int64_t i = 0; i < g.inner; ++i) dx[i] = dy[i] * slope;
      });
    }
  }
};

TensorTypes batch_norm_backward_input_types(const OpCall& call) {
  expect_inputs(call, 3);
  const TensorType per_channel = expect_images(call, 0);
  for (size_t i = 1; i < 3; ++i) expect_type(call, i, per_channel);
  return {call.inputs[0]};
}

/// In dy it is itself. In scale: sum d dy r with r = 1 / sqrt(variance + epsilon), which is what the gradient of scale
/// is for images dy around 0; in variance: that times -scale r^2 / 2, as it is from the gradient of scale.
Values batch_norm_backward_input_gradient(const GradientCall& g) {
  const auto& a = g.attributes.as<BatchNormAttributes>();
  const Value dy = g.inputs[0], scale = g.inputs[1], variance = g.inputs[2], d = g.output_gradients[0];
  Values result{Value{}, Value{}, Value{}};
  if (g.wanted[0]) result[0] = batch_norm_backward_input(g.emitter, d, scale, variance, a);
  const bool empty = channel_geometry(g.emitter.type(dy).shape).terms() == 0;  // nothing to sum
  if (empty || (!g.wanted[1] && !g.wanted[2])) return result;
  const Value zeros = g.emitter.splat(g.emitter.type(scale), 0);
  const auto sums = batch_norm_backward_parameters(g.emitter, d, dy, zeros, variance, a);
  result[1] = sums.dscale;
  if (g.wanted[2])
    result[2] = batch_norm_backward_statistics(g.emitter, sums.dscale, sums.dbias, scale, variance, a).dvariance;
  return result;
}

Sample batch_norm_backward_input_sample(const Shape& images) {
  const TensorType per_channel{DType::float32, {images[1]}};
  return {{{DType::float32, images}, per_channel, per_channel},
          BatchNormAttributes{},
          {{Fill::normal}, {Fill::normal}, {Fill::positive}}};
}

}  // namespace

extern const OpDef op_batch_norm_backward_input{
    .name = "batch_norm_backward_input",
    .doc = "dx = dy scale / sqrt(variance + epsilon), per channel.",
    .source = "adjoint of batch_norm in x, the statistics held",
    .types = batch_norm_backward_input_types,
    .dimensions = [](const OpCall& call) { return channel_dimensions(call.in(0)); },
    .count = [](const OpCall& call) -> OpCount {
      const Expr c = Expr::symbol("C");
      return {.mul = c * channel_terms(call.in(0)), .add = c, .div = c, .transcendental = c};
    },
    .slice = [](const OpCall& call, SliceStates& inputs) { return slice_channels(call, inputs, PartialKind::sum); },
    .gradient = batch_norm_backward_input_gradient,
    .reference = reference_of<BatchNormBackwardInputReference>(),
    .may_alias = {0},
    .samples = {batch_norm_backward_input_sample({4, 3, 5, 7}), batch_norm_backward_input_sample({17, 3}),
                batch_norm_backward_input_sample({3, 2, 31}), batch_norm_backward_input_sample({0, 3, 2, 2})},
};

Value batch_norm_backward_input(Emitter& emitter, Value dy, Value scale, Value variance,
                                BatchNormAttributes attributes) {
  return emit_one(emitter, op_batch_norm_backward_input, attributes, Values{dy, scale, variance});
}

}  // namespace tacho
