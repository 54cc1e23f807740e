#include "ops/adaptive_avg_pool2d_backward.h"

#include "ops/adaptive_avg_pool2d.h"
#include "ops/adaptive_windows.h"

namespace tacho {
namespace {

struct AdaptiveAvgPool2dBackwardReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const Shape &out = run.inputs[0].shape(), &in = run.outputs[0].shape();
    spread_windows<T>(
        run, [&](int64_t oh) { return even_part(in[2], out[2], oh); },
        [&](int64_t ow) { return even_part(in[3], out[3], ow); });
  }
};

TensorTypes adaptive_avg_pool2d_backward_types(const OpCall& call) {
  expect_floating(call, 1);
  const Shape& dy = call.in(0);
  const auto& image = call.attributes.as<AdaptiveAvgPool2dBackwardAttributes>().image;
  expect(dy.size() == 4, "expected gradients N x C x OH x OW, got ", dy);
  check_even_windows(image, {dy[2], dy[3]});
  const Shape out{dy[0], dy[1], image[0], image[1]};
  element_count(out);
  return {{call.inputs[0].dtype, out}};
}

OpCount adaptive_avg_pool2d_backward_count(const OpCall&) {
  const EvenWindows w = even_windows();
  return {.add = w.planes * w.seen, .div = w.planes * w.windows};
}

/// Linear: its gradient is the pooling itself.
Values adaptive_avg_pool2d_backward_gradient(const GradientCall& g) {
  const Shape dy = g.emitter.type(g.inputs[0]).shape;
  return {adaptive_avg_pool2d(g.emitter, g.output_gradients[0], {{dy[2], dy[3]}})};
}

}  // namespace

extern const OpDef op_adaptive_avg_pool2d_backward{
    .name = "adaptive_avg_pool2d_backward",
    .doc = "dx[n,c,h,w] = the sum over all windows (i, j) that see (h, w) of dy[n,c,i,j] / their number of places.",
    .source = "adjoint of adaptive_avg_pool2d",
    .traits = Trait::pooling,
    .types = adaptive_avg_pool2d_backward_types,
    .dimensions = [](const OpCall& call) { return even_dimensions(call.out(0), call.in(0)); },
    .count = adaptive_avg_pool2d_backward_count,
    .slice = slice_planes,
    .gradient = adaptive_avg_pool2d_backward_gradient,
    .reference = reference_of<AdaptiveAvgPool2dBackwardReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 3, 3, 5}}}, AdaptiveAvgPool2dBackwardAttributes{{7, 8}}, {}},
            {{{DType::float32, {1, 2, 7, 7}}}, AdaptiveAvgPool2dBackwardAttributes{{3, 5}}, {}},
            {{{DType::float32, {17, 1, 1, 1}}}, AdaptiveAvgPool2dBackwardAttributes{{5, 31}}, {}},
            {{{DType::float32, {0, 2, 3, 3}}}, AdaptiveAvgPool2dBackwardAttributes{{4, 4}}, {}},
            {{{DType::float32, {1, 1, 1, 1}}}, AdaptiveAvgPool2dBackwardAttributes{{1, 1}}, {}},
        },
};

Value adaptive_avg_pool2d_backward(Emitter& emitter, Value dy, const AdaptiveAvgPool2dBackwardAttributes& attributes) {
  return emit_one(emitter, op_adaptive_avg_pool2d_backward, attributes, Values{dy});
}

}  // namespace tacho
