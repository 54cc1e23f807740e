#include "ops/conv2d_backward_weights.h"

#include "ops/conv2d_backward_data.h"
#include "ops/conv_geometry.h"

namespace tacho {
namespace {

ConvGeometry conv2d_backward_weights_geometry(const Attributes& attributes, const Shape& dy, const Shape& x) {
  const auto& a = attributes.as<Conv2dBackwardWeightsAttributes>();
  expect(dy.size() == 4, "expected gradients N x K x OH x OW, got ", dy);
  expect(x.size() == 4, "expected images N x C x H x W, got ", x);
  expect(a.conv.groups >= 1, "expected at least 1 group, got ", a.conv.groups);
  const ConvGeometry g = conv_geometry(a.conv, x, {dy[1], x[1] / a.conv.groups, a.kernel[0], a.kernel[1]});
  expect(dy == g.output_shape(), "expected gradients ", g.output_shape(), " (outputs of kernel ", a.kernel[0], " x ",
         a.kernel[1], "), got ", dy);
  return g;
}

struct Conv2dBackwardWeightsReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const ConvGeometry g = conv2d_backward_weights_geometry(attributes, run.inputs[0].shape(), run.inputs[1].shape());
    const int64_t plane = g.rows.in * g.columns.in, depth = g.channels_per_group(), taps = g.taps();
    T* dw = run.out<T>(0);
    if (g.n == 0)
      for (int64_t i = 0, all = g.k * depth * taps; i < all; ++i) dw[i] = T(0);
    with_factors(attributes.as<Conv2dBackwardWeightsAttributes>().conv.products, [&](auto factor) {
      for (int64_t n = 0; n < g.n; ++n)
        for (int64_t k = 0; k < g.k; ++k) {
          const T* dy = run.in<T>(0) + (n * g.k + k) * g.places();
          const T* x = run.in<T>(1) + (n * g.c + k / g.filters_per_group() * depth) * plane;
          for (int64_t c = 0; c < depth; ++c)
            filter_plane(g, dy, x + c * plane, dw + (k * depth + c) * taps, n == 0, factor);
        }
    });
  }

  /// One filter plane's sum over the places of one image. The taps are inside the rows, so that their sums, which must
  /// each keep their order, run side by side.
  template <class T, class Factor>
  static void filter_plane(const ConvGeometry& g, const T* dy, const T* x, T* dw, bool first_image, Factor factor) {
    for (int64_t oh = 0; oh < g.rows.out; ++oh, dy += g.columns.out)
      for (int64_t kh = 0; kh < g.rows.kernel; ++kh) {
        const bool row_inside = g.rows.inside(oh, kh);
        const T* row = row_inside ? x + g.rows.place(oh, kh) * g.columns.in : nullptr;
        for (int64_t kw = 0; kw < g.columns.kernel; ++kw) {
          const OutputRange inside = row_inside ? g.columns.inside(kw) : OutputRange{};
          add_row(dw[kh * g.columns.kernel + kw], dy, row, g.columns, kw, inside, first_image && oh == 0, factor);
        }
      }
  }

  /// sum (+)= dy . image over one row of outputs; padding is multiplied too.
  template <class T, class Factor>
  static void add_row(T& sum, const T* dy, const T* row, const WindowAxis& columns, int64_t kw, OutputRange inside,
                      bool first, Factor factor) {
    const T zero = padding_zero<T>();
    const int64_t shift = columns.place(0, kw);
    const auto image = [&](int64_t ow) {
      return ow >= inside.begin && ow < inside.end ? factor(row[ow * columns.stride + shift]) : zero;
    };
    T total = first ? factor(dy[0]) * image(0) : sum;
    int64_t ow = first ? 1 : 0;
    for (; ow < inside.begin; ++ow) total += factor(dy[ow]) * zero;
    for (; ow < inside.end; ++ow) total += factor(dy[ow]) * factor(row[ow * columns.stride + shift]);
    for (; ow < columns.out; ++ow) total += factor(dy[ow]) * zero;
    sum = total;
  }
};

TensorTypes backward_weights_types(const OpCall& call) {
  expect_floating(call, 2);
  return {
      {call.inputs[0].dtype, conv2d_backward_weights_geometry(call.attributes, call.in(0), call.in(1)).filter_shape()}};
}

/// Each weight is a sum of N*OH*OW products.
OpCount backward_weights_count(const OpCall& call) {
  const auto s = [](const char* name) { return Expr::symbol(name); };
  const ConvProducts p = conv_products(call.attributes.as<Conv2dBackwardWeightsAttributes>().conv);
  const Expr places = s("N") * window_symbols(true).out * window_symbols(false).out;
  return {.mul = p.all, .add = s("K") * p.depth * max(places - 1, 0), .padding_mul = p.on_padding};
}

SliceStates backward_weights_slice(const OpCall& call, SliceStates& inputs) {
  using enum ConvAxis;
  return slice_convolution(call, inputs, call.attributes.as<Conv2dBackwardWeightsAttributes>().conv.groups,
                           {{batch, filters}, {batch, channels}, {filters, channels}});
}

/// Linear in both: a gradient g of dw goes to dy as the convolution of x with filters g, and to x as dy sent back
/// through filters g.
Values backward_weights_gradient(const GradientCall& g) {
  const auto& a = g.attributes.as<Conv2dBackwardWeightsAttributes>();
  const Value dy = g.inputs[0], x = g.inputs[1], ddw = g.output_gradients[0];
  const Shape image = g.emitter.type(x).shape;
  Values result{Value{}, Value{}};
  if (g.wanted[0]) result[0] = conv2d(g.emitter, x, ddw, a.conv);
  if (g.wanted[1]) result[1] = conv2d_backward_data(g.emitter, dy, ddw, {a.conv, {image[2], image[3]}});
  return result;
}

}  // namespace

extern const OpDef op_conv2d_backward_weights{
    .name = "conv2d_backward_weights",
    .doc = "dw[k,c,p,q] = sum over n,i,j of dy[n,k,i,j] x[n,c, i*stride + p*dilation - padding, ...], zeros outside.",
    .source = "adjoint of conv2d for its filters",
    .traits = Trait::product,
    .types = backward_weights_types,
    .dimensions =
        [](const OpCall& call) {
          return conv_dimensions(conv2d_backward_weights_geometry(call.attributes, call.in(0), call.in(1)));
        },
    .count = backward_weights_count,
    .slice = backward_weights_slice,
    .gradient = backward_weights_gradient,
    .reference = reference_of<Conv2dBackwardWeightsReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 4, 7, 6}}, {DType::float32, {2, 3, 7, 6}}},
             Conv2dBackwardWeightsAttributes{{.padding = {1, 1, 1, 1}}, {3, 3}},
             {}},
            {{{DType::float32, {1, 3, 4, 4}}, {DType::float32, {1, 2, 9, 8}}},
             Conv2dBackwardWeightsAttributes{{.stride = {2, 3}, .padding = {0, 1, 2, 3}, .dilation = {2, 1}}, {3, 2}},
             {}},
            {{{DType::float32, {3, 6, 3, 5}}, {DType::float32, {3, 4, 6, 5}}},
             Conv2dBackwardWeightsAttributes{{.stride = {2, 1}, .padding = {1, 0, 1, 2}, .groups = 2}, {3, 3}},
             {}},
            {{{DType::float32, {2, 3, 3, 3}}, {DType::float32, {2, 3, 5, 6}}},
             Conv2dBackwardWeightsAttributes{{.stride = {2, 2}, .padding = {1, 1, 1, 1}, .groups = 3}, {3, 3}},
             {}},
            {{{DType::float32, {17, 2, 1, 31}}, {DType::float32, {17, 3, 1, 31}}},
             Conv2dBackwardWeightsAttributes{{}, {1, 1}},
             {}},
            {{{DType::float32, {0, 3, 2, 2}}, {DType::float32, {0, 2, 4, 4}}},
             Conv2dBackwardWeightsAttributes{{}, {3, 3}},
             {}},
            {{{DType::float32, {1, 1, 1, 1}}, {DType::float32, {1, 1, 1, 1}}},
             Conv2dBackwardWeightsAttributes{{}, {1, 1}},
             {}},
        },
};

Value conv2d_backward_weights(Emitter& emitter, Value dy, Value x, const Conv2dBackwardWeightsAttributes& attributes) {
  return emit_one(emitter, op_conv2d_backward_weights, attributes, Values{dy, x});
}

}  // namespace tacho
