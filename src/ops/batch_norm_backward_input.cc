#include "ops/batch_norm_backward_input.h"

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

Sample sample_of(const Shape& images) {
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
    .reference = reference_of<BatchNormBackwardInputReference>(),
    .may_alias = {0},
    .samples = {sample_of({4, 3, 5, 7}), sample_of({17, 3}), sample_of({3, 2, 31}), sample_of({0, 3, 2, 2})},
};

Value batch_norm_backward_input(Emitter& emitter, Value dy, Value scale, Value variance,
                                BatchNormAttributes attributes) {
  return emit_one(emitter, op_batch_norm_backward_input, attributes, Values{dy, scale, variance});
}

}  // namespace tacho
