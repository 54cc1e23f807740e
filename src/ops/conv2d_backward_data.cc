#include "ops/conv2d_backward_data.h"

#include "ops/conv2d_backward_weights.h"
#include "ops/conv_geometry.h"

namespace tacho {
namespace {

ConvGeometry conv2d_backward_data_geometry(const Attributes& attributes, const Shape& dy, const Shape& w) {
  const auto& a = attributes.as<Conv2dBackwardDataAttributes>();
  expect(dy.size() == 4, "expected gradients N x K x OH x OW, got ", dy);
  expect(w.size() == 4, "expected filters K x C/groups x KH x KW, got ", w);
  expect(a.conv.groups >= 1, "expected at least 1 group, got ", a.conv.groups);
  const ConvGeometry g = conv_geometry(a.conv, {dy[0], checked_mul(w[1], a.conv.groups), a.image[0], a.image[1]}, w);
  expect(dy == g.output_shape(), "expected gradients ", g.output_shape(), " (outputs for images of ", a.image[0], " x ",
         a.image[1], "), got ", dy);
  return g;
}

struct Conv2dBackwardDataReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const ConvGeometry g = conv2d_backward_data_geometry(attributes, run.inputs[0].shape(), run.inputs[1].shape());
    const int64_t plane = g.rows.in * g.columns.in, depth = g.channels_per_group(), taps = g.taps();
    T* dx = run.out<T>(0);
    for (int64_t i = 0, all = g.n * g.c * plane; i < all; ++i) dx[i] = T(0);
    with_factors(attributes.as<Conv2dBackwardDataAttributes>().conv.products, [&](auto factor) {
      for (int64_t n = 0; n < g.n; ++n)
        for (int64_t k = 0; k < g.k; ++k) {
          const T* dy = run.in<T>(0) + (n * g.k + k) * g.places();
          const T* w = run.in<T>(1) + k * depth * taps;
          T* image = dx + (n * g.c + k / g.filters_per_group() * depth) * plane;
          for (int64_t c = 0; c < depth; ++c, image += plane, w += taps) scatter_filter(g, dy, w, image, factor);
        }
    });
  }

  /// Adds one filter's plane, seen from every output, to one channel of the image.
  template <class T, class Factor>
  static void scatter_filter(const ConvGeometry& g, const T* dy, const T* w, T* image, Factor factor) {
    for (int64_t kh = 0; kh < g.rows.kernel; ++kh)
      for (int64_t kw = 0; kw < g.columns.kernel; ++kw, ++w) {
        const OutputRange columns = g.columns.inside(kw);
        for (int64_t oh = 0; oh < g.rows.out; ++oh) {
          const bool inside = g.rows.inside(oh, kh);
          T* row = inside ? image + g.rows.place(oh, kh) * g.columns.in : nullptr;
          scatter_tap(factor(*w), dy + oh * g.columns.out, g.columns, kw, inside ? columns : OutputRange{}, row,
                      factor);
        }
      }
  }

  /// image += weight * dy over one row of outputs; what falls on padding is computed and dropped.
  template <class T, class Factor>
  static void scatter_tap(T weight, const T* dy, const WindowAxis& columns, int64_t kw, OutputRange inside, T* row,
                          Factor factor) {
    const int64_t shift = columns.place(0, kw);
    T dropped(0);
    for (int64_t ow = 0; ow < inside.begin; ++ow) dropped += on_padding(weight) * factor(dy[ow]);
    if (columns.stride == 1)
      for (int64_t ow = inside.begin; ow < inside.end; ++ow) row[ow + shift] += weight * factor(dy[ow]);
    else
      for (int64_t ow = inside.begin; ow < inside.end; ++ow)
        row[ow * columns.stride + shift] += weight * factor(dy[ow]);
    for (int64_t ow = inside.end; ow < columns.out; ++ow) dropped += on_padding(weight) * factor(dy[ow]);
  }
};

TensorTypes backward_data_types(const OpCall& call) {
  expect_floating(call, 2);
  return {{call.inputs[0].dtype, conv2d_backward_data_geometry(call.attributes, call.in(0), call.in(1)).image_shape()}};
}

/// An accumulator: one multiplication and one addition a contribution, into zeros.
OpCount backward_data_count(const OpCall& call) {
  const ConvProducts p = conv_products(call.attributes.as<Conv2dBackwardDataAttributes>().conv);
  return {.mul = p.all, .add = p.all, .padding_mul = p.on_padding};
}

SliceStates backward_data_slice(const OpCall& call, SliceStates& inputs) {
  using enum ConvAxis;
  return slice_convolution(call, inputs, call.attributes.as<Conv2dBackwardDataAttributes>().conv.groups,
                           {{batch, filters}, {filters, channels}, {batch, channels}});
}

/// Linear in both: where dx = A(w)^T dy, a gradient g of dx goes to dy as A(w) g and to w as the weights' gradient at
/// images g.
Values backward_data_gradient(const GradientCall& g) {
  const auto& a = g.attributes.as<Conv2dBackwardDataAttributes>();
  const Value dy = g.inputs[0], w = g.inputs[1], ddx = g.output_gradients[0];
  const Shape filter = g.emitter.type(w).shape;
  Values result{Value{}, Value{}};
  if (g.wanted[0]) result[0] = conv2d(g.emitter, ddx, w, a.conv);
  if (g.wanted[1]) result[1] = conv2d_backward_weights(g.emitter, dy, ddx, {a.conv, {filter[2], filter[3]}});
  return result;
}

}  // namespace

extern const OpDef op_conv2d_backward_data{
    .name = "conv2d_backward_data",
    .doc = "dx[n,c,h,w] = sum over k and all windows that see (h, w) of w[k,c,p,q] dy[n,k,i,j].",
    .source = "adjoint of conv2d for its images; ONNX ConvTranspose",
    .traits = Trait::product,
    .types = backward_data_types,
    .dimensions =
        [](const OpCall& call) {
          return conv_dimensions(conv2d_backward_data_geometry(call.attributes, call.in(0), call.in(1)));
        },
    .count = backward_data_count,
    .slice = backward_data_slice,
    .gradient = backward_data_gradient,
    .reference = reference_of<Conv2dBackwardDataReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 4, 7, 6}}, {DType::float32, {4, 3, 3, 3}}},
             Conv2dBackwardDataAttributes{{.padding = {1, 1, 1, 1}}, {7, 6}},
             {}},
            {{{DType::float32, {1, 3, 4, 4}}, {DType::float32, {3, 2, 3, 2}}},
             Conv2dBackwardDataAttributes{{.stride = {2, 3}, .padding = {0, 1, 2, 3}, .dilation = {2, 1}}, {9, 8}},
             {}},
            {{{DType::float32, {3, 6, 3, 5}}, {DType::float32, {6, 2, 3, 3}}},
             Conv2dBackwardDataAttributes{{.stride = {2, 1}, .padding = {1, 0, 1, 2}, .groups = 2}, {6, 5}},
             {}},
            {{{DType::float32, {2, 3, 3, 3}}, {DType::float32, {3, 1, 3, 3}}},
             Conv2dBackwardDataAttributes{{.stride = {2, 2}, .padding = {1, 1, 1, 1}, .groups = 3}, {5, 6}},
             {}},
            {{{DType::float32, {17, 2, 1, 31}}, {DType::float32, {2, 3, 1, 1}}},
             Conv2dBackwardDataAttributes{{}, {1, 31}},
             {}},
            {{{DType::float32, {0, 3, 2, 2}}, {DType::float32, {3, 2, 3, 3}}},
             Conv2dBackwardDataAttributes{{}, {4, 4}},
             {}},
            {{{DType::float32, {1, 1, 1, 1}}, {DType::float32, {1, 1, 1, 1}}},
             Conv2dBackwardDataAttributes{{}, {1, 1}},
             {}},
        },
};

Value conv2d_backward_data(Emitter& emitter, Value dy, Value w, const Conv2dBackwardDataAttributes& attributes) {
  return emit_one(emitter, op_conv2d_backward_data, attributes, Values{dy, w});
}

}  // namespace tacho
