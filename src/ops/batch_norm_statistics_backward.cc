#include "ops/batch_norm_statistics_backward.h"

#include "ops/channel_geometry.h"

namespace tacho {
namespace {

int64_t terms_of(const Attributes& attributes) { return attributes.as<BatchNormStatisticsBackwardAttributes>().terms; }

struct BatchNormStatisticsBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const ChannelGeometry g = channel_geometry(run.inputs[0].shape());
    const int64_t stated = terms_of(attributes);
    const T terms(double(stated ? stated : g.terms()));
    for (int64_t channel = 0; channel < g.channels; ++channel) {
      const T mean = run.in<T>(1)[channel];
      const T shift = run.in<T>(2)[channel] / terms, slope = T(2) * run.in<T>(3)[channel] / terms;
      for_each_plane(g, channel, [&, mean, shift, slope](int64_t first) {
        const T* x = run.in<T>(0) + first;
        T* dx = run.out<T>(0) + first;
        for (int64_t i = 0; i < g.inner; ++i) dx[i] = (x[i] - mean) * slope + shift;
      });
    }
  }
};

TensorTypes batch_norm_statistics_backward_types(const OpCall& call) {
  expect_inputs(call, 4);
  const TensorType per_channel = expect_images(call, 0);
  for (size_t i = 1; i < 4; ++i) expect_type(call, i, per_channel);
  const int64_t terms = terms_of(call.attributes), seen = channel_geometry(call.in(0)).terms();
  expect(terms == 0 || terms >= seen, "expected terms of 0 or at least ", seen, ", got ", terms);
  return {call.inputs[0]};
}

SliceStates batch_norm_statistics_backward_slice(const OpCall& call, SliceStates& inputs) {
  const SliceStates outputs = slice_channels(call, inputs, PartialKind::sum);
  if (outputs[0].kind == SliceState::sliced && outputs[0].axis != 1 && terms_of(call.attributes) == 0)
    return {SliceState::Refused("its attributes do not say how many elements a channel of the whole has")};
  return outputs;
}

}  // namespace

extern const OpDef op_batch_norm_statistics_backward{
    .name = "batch_norm_statistics_backward",
    .doc = "dx = (x - mean) 2 dvariance / n + dmean / n, per channel of n elements.",
    .source = "adjoint of batch_norm_statistics",
    .types = batch_norm_statistics_backward_types,
    .dimensions = [](const OpCall& call) { return channel_dimensions(call.in(0)); },
    .count = [](const OpCall& call) -> OpCount {
      const Expr c = Expr::symbol("C"), n = channel_terms(call.in(0));
      return {.mul = c * n + c, .add = 2 * c * n, .div = 2 * c};
    },
    .slice = batch_norm_statistics_backward_slice,
    .reference = reference_of<BatchNormStatisticsBackwardReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {4, 3, 5, 7}}, {DType::float32, {3}}, {DType::float32, {3}}, {DType::float32, {3}}},
                 BatchNormStatisticsBackwardAttributes{140},
                 {}},
                {{{DType::float32, {17, 3}}, {DType::float32, {3}}, {DType::float32, {3}}, {DType::float32, {3}}},
                 BatchNormStatisticsBackwardAttributes{17},
                 {}},
                {{{DType::float32, {3, 2, 31}}, {DType::float32, {2}}, {DType::float32, {2}}, {DType::float32, {2}}},
                 BatchNormStatisticsBackwardAttributes{},
                 {}}},
};

Value batch_norm_statistics_backward(Emitter& emitter, Value x, Value mean, Value dmean, Value dvariance) {
  const BatchNormStatisticsBackwardAttributes attributes{channel_geometry(emitter.type(x).shape).terms()};
  return emit_one(emitter, op_batch_norm_statistics_backward, attributes, Values{x, mean, dmean, dvariance});
}

}  // namespace tacho
