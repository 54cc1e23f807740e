#include "ops/avg_pool2d.h"

#include "ops/avg_pool2d_backward.h"
#include "ops/pool_geometry.h"

namespace tacho {
namespace {

struct AvgPool2dReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<AvgPool2dAttributes>();
    const PoolGeometry g = pool_geometry(a, run.inputs[0].shape());
    average_windows<T>(
        run, [&](int64_t oh) { return window_part(g.rows, oh, a.count_include_pad); },
        [&](int64_t ow) { return window_part(g.columns, ow, a.count_include_pad); });
  }
};

TensorTypes avg_pool2d_types(const OpCall& call) {
  expect_floating(call, 1);
  const Shape& x = call.in(0);
  const PoolGeometry g = pool_geometry(call.attributes.as<AvgPool2dAttributes>(), x);
  const Shape out{x[0], x[1], g.rows.out, g.columns.out};
  element_count(out);
  return {{call.inputs[0].dtype, out}};
}

Bindings avg_pool2d_dimensions(const OpCall& call) {
  const Shape& x = call.in(0);
  return pool_dimensions(pool_geometry(call.attributes.as<AvgPool2dAttributes>(), x), x[0], x[1]);
}

/// Padding is not read: a window of t places of the image has t - 1 additions.
OpCount avg_pool2d_count(const OpCall& call) {
  const bool ceil_mode = call.attributes.as<AvgPool2dAttributes>().ceil_mode;
  const WindowSymbols rows = pool_symbols(true, ceil_mode), columns = pool_symbols(false, ceil_mode);
  const Expr planes = Expr::symbol("N") * Expr::symbol("C"), windows = rows.out * columns.out;
  return {.add = planes * (rows.inside() * columns.inside() - windows), .div = planes * windows};
}

Values avg_pool2d_gradient(const GradientCall& g) {
  const Shape x = g.emitter.type(g.inputs[0]).shape;
  return {
      avg_pool2d_backward(g.emitter, g.output_gradients[0], {g.attributes.as<AvgPool2dAttributes>(), {x[2], x[3]}})};
}

}  // namespace

extern const OpDef op_avg_pool2d{
    .name = "avg_pool2d",
    .doc = "y[n,c,i,j] = the sum of window (i, j) of channel c, divided by its number of places.",
    .source = "ONNX AveragePool, PyTorch avg_pool2d",
    .traits = Trait::pooling,
    .types = avg_pool2d_types,
    .dimensions = avg_pool2d_dimensions,
    .count = avg_pool2d_count,
    .slice = slice_planes,
    .gradient = avg_pool2d_gradient,
    .reference = reference_of<AvgPool2dReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 3, 6, 8}}}, AvgPool2dAttributes{}, {}},
            {{{DType::float32, {3, 1, 7, 5}}}, AvgPool2dAttributes{}, {}},
            {{{DType::float32, {1, 2, 7, 7}}}, AvgPool2dAttributes{{3, 3}, {2, 2}, {1, 1, 1, 1}}, {}},
            {{{DType::float32, {1, 2, 5, 8}}}, AvgPool2dAttributes{{3, 2}, {1, 3}, {2, 0, 1, 1}, false, false}, {}},
            {{{DType::float32, {2, 1, 6, 7}}}, AvgPool2dAttributes{{3, 2}, {2, 2}, {0, 1, 0, 0}, true}, {}},
            {{{DType::float32, {2, 1, 7, 6}}}, AvgPool2dAttributes{{2, 3}, {2, 2}, {1, 1, 0, 1}, true, false}, {}},
            {{{DType::float32, {17, 3, 4, 5}}}, AvgPool2dAttributes{{4, 5}, {1, 1}}, {}},
            {{{DType::float32, {0, 2, 4, 4}}}, AvgPool2dAttributes{}, {}},
            {{{DType::float32, {1, 1, 1, 1}}}, AvgPool2dAttributes{{1, 1}, {1, 1}}, {}},
        },
};

Value avg_pool2d(Emitter& emitter, Value x, const AvgPool2dAttributes& attributes) {
  return emit_one(emitter, op_avg_pool2d, attributes, Values{x});
}

Value global_avg_pool2d(Emitter& emitter, Value x) {
  const Shape image = emitter.type(x).shape;
  expect(image.size() == 4, "global average pool: expected images N x C x H x W, got ", image);
  return avg_pool2d(emitter, x, {.kernel = {image[2], image[3]}, .stride = {1, 1}});
}

}  // namespace tacho
