#include "ops/batch_norm_statistics_backward.h"

#include "ops/batch_norm_backward_input.h"
#include "ops/batch_norm_backward_parameters.h"
#include "ops/channel_geometry.h"
#include "ops/pointwise.h"

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

/// With d for dx and n terms: d 2 dvariance / n in x; the others are sums over d. Both are what batch_norm's adjoints
/// compute for a variance of 1.
Values batch_norm_statistics_backward_gradient(const GradientCall& g) {
  Emitter& e = g.emitter;
  const Value x = g.inputs[0], mean = g.inputs[1], dvariance = g.inputs[3], d = g.output_gradients[0];
  const ChannelGeometry geometry = channel_geometry(e.type(x).shape);
  const int64_t stated = terms_of(g.attributes), terms = stated ? stated : geometry.terms();
  Values result{Value{}, Value{}, Value{}, Value{}};
  if (geometry.terms() == 0) return result;
  const Value ones = e.splat(e.type(mean), 1);
  const BatchNormAttributes plain{.epsilon = 0};
  if (g.wanted[0]) result[0] = batch_norm_backward_input(e, d, scaled(e, dvariance, 2 / double(terms)), ones, plain);
  if (!g.wanted[1] && !g.wanted[2] && !g.wanted[3]) return result;
  const auto sums = batch_norm_backward_parameters(e, d, x, mean, ones, plain);
  const Value mean_of_d = scaled(e, sums.dbias, 1 / double(terms));
  if (g.wanted[1]) result[1] = mul(e, dvariance, scaled(e, mean_of_d, -2));
  result[2] = mean_of_d;
  if (g.wanted[3]) result[3] = scaled(e, sums.dscale, 2 / double(terms));
  return result;
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
    .gradient = batch_norm_statistics_backward_gradient,
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
