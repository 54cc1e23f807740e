#include "ops/adaptive_avg_pool2d.h"

#include "ops/adaptive_avg_pool2d_backward.h"
#include "ops/adaptive_windows.h"
#include "ops/avg_pool2d.h"

namespace tacho {
namespace {

struct AdaptiveAvgPool2dReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const Shape &in = run.inputs[0].shape(), &out = run.outputs[0].shape();
    average_windows<T>(
        run, [&](int64_t oh) { return even_part(in[2], out[2], oh); },
        [&](int64_t ow) { return even_part(in[3], out[3], ow); });
  }
};

TensorTypes adaptive_types(const OpCall& call) {
  expect_floating(call, 1);
  const Shape& x = call.in(0);
  const auto& windows = call.attributes.as<AdaptiveAvgPool2dAttributes>().windows;
  expect(x.size() == 4, "expected images N x C x H x W, got ", x);
  check_even_windows({x[2], x[3]}, windows);
  const Shape out{x[0], x[1], windows[0], windows[1]};
  element_count(out);
  return {{call.inputs[0].dtype, out}};
}

OpCount adaptive_count(const OpCall&) {
  const EvenWindows w = even_windows();
  return {.add = w.planes * (w.seen - w.windows), .div = w.planes * w.windows};
}

Values adaptive_gradient(const GradientCall& g) {
  const Shape x = g.emitter.type(g.inputs[0]).shape;
  return {adaptive_avg_pool2d_backward(g.emitter, g.output_gradients[0], {{x[2], x[3]}})};
}

}  // namespace

extern const OpDef op_adaptive_avg_pool2d{
    .name = "adaptive_avg_pool2d",
    .doc = "y[n,c,i,j] = the mean of rows floor(i H / OH) to ceil((i + 1) H / OH) and columns alike of channel c.",
    .source = "PyTorch adaptive_avg_pool2d",
    .traits = Trait::pooling,
    .types = adaptive_types,
    .dimensions = [](const OpCall& call) { return even_dimensions(call.in(0), call.out(0)); },
    .count = adaptive_count,
    .slice = slice_planes,
    .gradient = adaptive_gradient,
    .reference = reference_of<AdaptiveAvgPool2dReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 3, 7, 8}}}, AdaptiveAvgPool2dAttributes{{3, 5}}, {}},
            {{{DType::float32, {3, 1, 6, 4}}}, AdaptiveAvgPool2dAttributes{{3, 2}}, {}},
            {{{DType::float32, {1, 2, 3, 5}}}, AdaptiveAvgPool2dAttributes{{7, 7}}, {}},
            {{{DType::float32, {17, 1, 5, 31}}}, AdaptiveAvgPool2dAttributes{{1, 1}}, {}},
            {{{DType::float32, {0, 2, 4, 4}}}, AdaptiveAvgPool2dAttributes{{3, 3}}, {}},
            {{{DType::float32, {1, 1, 1, 1}}}, AdaptiveAvgPool2dAttributes{{1, 1}}, {}},
        },
};

Value adaptive_avg_pool2d(Emitter& emitter, Value x, const AdaptiveAvgPool2dAttributes& attributes) {
  const Shape image = emitter.type(x).shape;
  const auto [oh, ow] = attributes.windows;
  if (image.size() == 4 && oh >= 1 && ow >= 1 && image[2] % oh == 0 && image[3] % ow == 0) {
    const std::array<int64_t, 2> window{image[2] / oh, image[3] / ow};
    return avg_pool2d(emitter, x, {.kernel = window, .stride = window});
  }
  return emit_one(emitter, op_adaptive_avg_pool2d, attributes, Values{x});
}

}  // namespace tacho
