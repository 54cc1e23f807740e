#include "ops/avg_pool2d_backward.h"

#include "ops/pool_geometry.h"

namespace tacho {
namespace {

PoolGeometry avg_pool2d_backward_geometry(const Attributes& attributes, const Shape& dy) {
  const auto& a = attributes.as<AvgPool2dBackwardAttributes>();
  expect(dy.size() == 4, "expected gradients N x C x OH x OW, got ", dy);
  const PoolGeometry g = pool_geometry(a.pool, {dy[0], dy[1], a.image[0], a.image[1]});
  expect(dy[2] == g.rows.out && dy[3] == g.columns.out, "expected gradients of ", g.rows.out, " x ", g.columns.out,
         " windows (of images of ", a.image[0], " x ", a.image[1], "), got ", dy);
  return g;
}

struct AvgPool2dBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const bool include_padding = attributes.as<AvgPool2dBackwardAttributes>().pool.count_include_pad;
    const PoolGeometry g = avg_pool2d_backward_geometry(attributes, run.inputs[0].shape());
    spread_windows<T>(
        run, [&](int64_t oh) { return window_part(g.rows, oh, include_padding); },
        [&](int64_t ow) { return window_part(g.columns, ow, include_padding); });
  }
};

TensorTypes avg_pool2d_backward_types(const OpCall& call) {
  expect_floating(call, 1);
  const PoolGeometry g = avg_pool2d_backward_geometry(call.attributes, call.in(0));
  const Shape out{call.in(0)[0], call.in(0)[1], g.rows.in, g.columns.in};
  element_count(out);
  return {{call.inputs[0].dtype, out}};
}

OpCount avg_pool2d_backward_count(const OpCall& call) {
  const bool ceil_mode = call.attributes.as<AvgPool2dBackwardAttributes>().pool.ceil_mode;
  const WindowSymbols rows = pool_symbols(true, ceil_mode), columns = pool_symbols(false, ceil_mode);
  const Expr planes = Expr::symbol("N") * Expr::symbol("C");
  return {.add = planes * rows.inside() * columns.inside(), .div = planes * rows.out * columns.out};
}

/// Linear: its gradient is the pooling itself.
Values avg_pool2d_backward_gradient(const GradientCall& g) {
  return {avg_pool2d(g.emitter, g.output_gradients[0], g.attributes.as<AvgPool2dBackwardAttributes>().pool)};
}

}  // namespace

extern const OpDef op_avg_pool2d_backward{
    .name = "avg_pool2d_backward",
    .doc = "dx[n,c,h,w] = the sum over all windows (i, j) that see (h, w) of dy[n,c,i,j] / their number of places.",
    .source = "adjoint of avg_pool2d",
    .traits = Trait::pooling,
    .types = avg_pool2d_backward_types,
    .dimensions =
        [](const OpCall& call) {
          const Shape& dy = call.in(0);
          return pool_dimensions(avg_pool2d_backward_geometry(call.attributes, dy), dy[0], dy[1]);
        },
    .count = avg_pool2d_backward_count,
    .slice = slice_planes,
    .gradient = avg_pool2d_backward_gradient,
    .reference = reference_of<AvgPool2dBackwardReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 3, 3, 4}}}, AvgPool2dBackwardAttributes{{}, {6, 8}}, {}},
            {{{DType::float32, {1, 2, 4, 4}}}, AvgPool2dBackwardAttributes{{{3, 3}, {2, 2}, {1, 1, 1, 1}}, {7, 7}}, {}},
            {{{DType::float32, {1, 2, 6, 3}}},
             AvgPool2dBackwardAttributes{{{3, 2}, {1, 3}, {2, 0, 1, 0}, false, false}, {5, 8}},
             {}},
            {{{DType::float32, {2, 1, 3, 4}}},
             AvgPool2dBackwardAttributes{{{3, 2}, {2, 2}, {0, 1, 0, 0}, true}, {6, 7}},
             {}},
            {{{DType::float32, {17, 3, 1, 1}}}, AvgPool2dBackwardAttributes{{{4, 5}, {1, 1}}, {4, 5}}, {}},
            {{{DType::float32, {0, 2, 2, 2}}}, AvgPool2dBackwardAttributes{{}, {4, 4}}, {}},
            {{{DType::float32, {1, 1, 1, 1}}}, AvgPool2dBackwardAttributes{{{1, 1}, {1, 1}}, {1, 1}}, {}},
        },
};

Value avg_pool2d_backward(Emitter& emitter, Value dy, const AvgPool2dBackwardAttributes& attributes) {
  return emit_one(emitter, op_avg_pool2d_backward, attributes, Values{dy});
}

}  // namespace tacho
