#include "ops/conv2d.h"

#include "ops/conv2d_backward_data.h"
#include "ops/conv2d_backward_weights.h"
#include "ops/conv_geometry.h"

namespace tacho {
namespace {

ConvGeometry conv2d_geometry(const Attributes& attributes, const Shape& x, const Shape& w) {
  return conv_geometry(attributes.as<Conv2dAttributes>(), x, w);
}

struct Conv2dReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const ConvGeometry g = conv2d_geometry(attributes, run.inputs[0].shape(), run.inputs[1].shape());
    const int64_t plane = g.rows.in * g.columns.in, depth = g.channels_per_group(), taps = g.taps();
    T* y = run.out<T>(0);
    with_factors(attributes.as<Conv2dAttributes>().products, [&](auto factor) {
      for (int64_t n = 0; n < g.n; ++n)
        for (int64_t k = 0; k < g.k; ++k) {
          const T* x = run.in<T>(0) + (n * g.c + k / g.filters_per_group() * depth) * plane;
          const T* w = run.in<T>(1) + k * depth * taps;
          output_plane(g, x, w, y, factor);
          y += g.places();
        }
    });
  }

  /// One filter's output: the sum over channels and taps, each adding the shifted image.
  template <class T, class Factor>
  static void output_plane(const ConvGeometry& g, const T* x, const T* w, T* y, Factor factor) {
    for (int64_t c = 0; c < g.channels_per_group(); ++c, x += g.rows.in * g.columns.in)
      for (int64_t kh = 0; kh < g.rows.kernel; ++kh)
        for (int64_t kw = 0; kw < g.columns.kernel; ++kw, ++w) {
          const OutputRange columns = g.columns.inside(kw);
          for (int64_t oh = 0; oh < g.rows.out; ++oh) {
            const bool inside = g.rows.inside(oh, kh);
            const T* row = inside ? x + g.rows.place(oh, kh) * g.columns.in : nullptr;
            add_tap(factor(*w), row, g.columns, kw, inside ? columns : OutputRange{}, y + oh * g.columns.out,
                    c + kh + kw == 0, factor);
          }
        }
  }

  /// y (+)= weight * image over one row of outputs; padding is multiplied too.
  template <class T, class Factor>
  static void add_tap(T weight, const T* row, const WindowAxis& columns, int64_t kw, OutputRange inside, T* y,
                      bool first, Factor factor) {
    const auto add = [&](int64_t ow, T product) {
      if (first) y[ow] = product;
      else y[ow] += product;
    };
    const T zero = padding_zero<T>();
    const int64_t shift = columns.place(0, kw);
    for (int64_t ow = 0; ow < inside.begin; ++ow) add(ow, weight * zero);
    if (columns.stride == 1)
      for (int64_t ow = inside.begin; ow < inside.end; ++ow) add(ow, weight * factor(row[ow + shift]));
    else
      for (int64_t ow = inside.begin; ow < inside.end; ++ow) add(ow, weight * factor(row[ow * columns.stride + shift]));
    for (int64_t ow = inside.end; ow < columns.out; ++ow) add(ow, weight * zero);
  }
};

TensorTypes conv2d_types(const OpCall& call) {
  expect_floating(call, 2);
  return {{call.inputs[0].dtype, conv2d_geometry(call.attributes, call.in(0), call.in(1)).output_shape()}};
}

OpCount conv2d_count(const OpCall& call) {
  const ConvProducts p = conv_products(call.attributes.as<Conv2dAttributes>());
  return {.mul = p.all, .add = p.outputs * (p.depth - 1), .padding_mul = p.on_padding};
}

SliceStates conv2d_slice(const OpCall& call, SliceStates& inputs) {
  using enum ConvAxis;
  return slice_convolution(call, inputs, call.attributes.as<Conv2dAttributes>().groups,
                           {{batch, channels}, {filters, channels}, {batch, filters}});
}

Values conv2d_gradient(const GradientCall& g) {
  const auto& a = g.attributes.as<Conv2dAttributes>();
  const Value x = g.inputs[0], w = g.inputs[1], dy = g.output_gradients[0];
  const Shape image = g.emitter.type(x).shape, filter = g.emitter.type(w).shape;
  Values result{Value{}, Value{}};
  if (g.wanted[0]) result[0] = conv2d_backward_data(g.emitter, dy, w, {a, {image[2], image[3]}});
  if (g.wanted[1]) result[1] = conv2d_backward_weights(g.emitter, dy, x, {a, {filter[2], filter[3]}});
  return result;
}

}  // namespace

extern const OpDef op_conv2d{
    .name = "conv2d",
    .doc = "y[n,k,i,j] = sum over c,p,q of w[k,c,p,q] x[n,c, i*stride + p*dilation - padding, ...], zeros outside.",
    .source = "W phi(pad(Z)) of the running-time document, without its intermediate matrices; ONNX Conv",
    .traits = Trait::product,
    .types = conv2d_types,
    .dimensions =
        [](const OpCall& call) { return conv_dimensions(conv2d_geometry(call.attributes, call.in(0), call.in(1))); },
    .count = conv2d_count,
    .slice = conv2d_slice,
    .gradient = conv2d_gradient,
    .reference = reference_of<Conv2dReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 3, 7, 6}}, {DType::float32, {4, 3, 3, 3}}},
             Conv2dAttributes{.padding = {1, 1, 1, 1}},
             {}},
            {{{DType::float32, {3, 1, 5, 17}}, {DType::float32, {3, 1, 5, 5}}},
             Conv2dAttributes{.padding = {2, 2, 2, 2}},
             {}},
            {{{DType::float32, {1, 2, 9, 8}}, {DType::float32, {3, 2, 3, 2}}},
             Conv2dAttributes{.stride = {2, 3}, .padding = {0, 1, 2, 3}, .dilation = {2, 1}},
             {}},
            {{{DType::float32, {2, 4, 6, 5}}, {DType::float32, {6, 2, 3, 3}}},
             Conv2dAttributes{.stride = {2, 1}, .padding = {1, 0, 1, 2}, .groups = 2},
             {}},
            {{{DType::float32, {17, 3, 4, 4}}, {DType::float32, {3, 1, 2, 2}}}, Conv2dAttributes{.groups = 3}, {}},
            {{{DType::float32, {2, 3, 5, 6}}, {DType::float32, {6, 1, 3, 3}}},
             Conv2dAttributes{.stride = {2, 2}, .padding = {1, 1, 1, 1}, .groups = 3},
             {}},
            {{{DType::float32, {2, 3, 1, 31}}, {DType::float32, {2, 3, 1, 1}}}, Conv2dAttributes{}, {}},
            {{{DType::float32, {0, 2, 4, 4}}, {DType::float32, {3, 2, 3, 3}}}, Conv2dAttributes{}, {}},
            {{{DType::float32, {1, 1, 1, 1}}, {DType::float32, {1, 1, 1, 1}}}, Conv2dAttributes{}, {}},
        },
};

Value conv2d(Emitter& emitter, Value x, Value w, const Conv2dAttributes& attributes) {
  return emit_one(emitter, op_conv2d, attributes, Values{x, w});
}

}  // namespace tacho
