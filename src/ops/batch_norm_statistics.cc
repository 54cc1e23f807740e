#include "ops/batch_norm_statistics.h"

#include "ops/batch_norm_statistics_backward.h"
#include "ops/channel_geometry.h"

namespace tacho {
namespace {

struct BatchNormStatisticsReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const ChannelGeometry g = channel_geometry(run.inputs[0].shape());
    const T* x = run.in<T>(0);
    const T terms = T(double(g.terms()));
    for (int64_t channel = 0; channel < g.channels; ++channel) {
      const T mean = channel_sum<T>(g, channel, [x](int64_t i) { return x[i]; }) / terms;
      const auto square = [x, mean](int64_t i) {
        const T difference = x[i] - mean;
        return difference * difference;
      };
      run.out<T>(0)[channel] = mean;
      run.out<T>(1)[channel] = channel_sum<T>(g, channel, square) / terms;
    }
  }
};

TensorTypes batch_norm_statistics_types(const OpCall& call) {
  expect_inputs(call, 1);
  const TensorType per_channel = expect_images(call, 0);
  expect(channel_geometry(call.in(0)).terms() > 0, "expected at least one element a channel, got ", call.in(0));
  return {per_channel, per_channel};
}

/// Chan, Golub and LeVeque: statistics of the union of two parts from those of the parts.
template <class T>
void merge_parts(std::span<const View> into, double into_count, std::span<const View> from, double from_count) {
  const double count = into_count + from_count;
  for (int64_t channel = 0, n = into[0].elements(); channel < n; ++channel) {
    T& mean = into[0].as<T>()[channel];
    T& variance = into[1].as<T>()[channel];
    const double difference = double(from[0].as<T>()[channel]) - double(mean);
    const double within = double(variance) * into_count + double(from[1].as<T>()[channel]) * from_count;
    mean = T(double(mean) + difference * (from_count / count));
    variance = T((within + difference * difference * (into_count / count) * from_count) / count);
  }
}

void batch_norm_statistics_merge(const Attributes&, std::span<const View> into, int64_t into_count,
                                 std::span<const View> from, int64_t from_count) {
  if (into[0].type.dtype == DType::float64) merge_parts<double>(into, double(into_count), from, double(from_count));
  else merge_parts<float>(into, double(into_count), from, double(from_count));
}

Values batch_norm_statistics_gradient(const GradientCall& g) {
  return {batch_norm_statistics_backward(g.emitter, g.inputs[0], g.outputs[0], gradient_or_zeros(g, 0),
                                         gradient_or_zeros(g, 1))};
}

}  // namespace

extern const OpDef op_batch_norm_statistics{
    .name = "batch_norm_statistics",
    .doc = "Per channel: mean = sum x / n, variance = sum (x - mean)^2 / n.",
    .source = "Ioffe and Szegedy 2015; slices merge by Chan, Golub and LeVeque 1983",
    .traits = Trait::reduction,
    .types = batch_norm_statistics_types,
    .dimensions = [](const OpCall& call) { return channel_dimensions(call.in(0)); },
    .count = [](const OpCall& call) -> OpCount {
      const Expr c = Expr::symbol("C"), n = channel_terms(call.in(0));
      return {.mul = c * n, .add = c * ((n - 1) + n + (n - 1)), .div = 2 * c};
    },
    .slice = [](const OpCall& call, SliceStates& inputs) { return slice_channels(call, inputs, PartialKind::merge); },
    .gradient = batch_norm_statistics_gradient,
    .reference = reference_of<BatchNormStatisticsReference>(),
    .merge = batch_norm_statistics_merge,
    .may_alias = {-1, -1},
    .samples = {{{{DType::float32, {4, 3, 5, 7}}}, {}, {}},
                {{{DType::float32, {17, 3}}}, {}, {}},
                {{{DType::float32, {3, 2, 31}}}, {}, {}},
                {{{DType::float32, {2, 3, 2, 2, 2}}}, {}, {}},
                {{{DType::float32, {1, 1, 1, 2}}}, {}, {}}},
};

BatchNormStatistics batch_norm_statistics(Emitter& emitter, Value x) {
  const Values outputs = emitter.emit(op_batch_norm_statistics, {}, Values{x});
  return {outputs[0], outputs[1]};
}

}  // namespace tacho
