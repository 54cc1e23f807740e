#include "ops/col2im.h"

#include "ops/conv_geometry.h"

namespace tacho {
namespace {

ConvGeometry col2im_geometry(const Col2imAttributes& a, const Shape& columns) {
  expect(columns.size() == 3, "expected columns N x (C*KH*KW) x (OH*OW), got ", columns);
  const auto& [kernel, stride, padding, dilation] = a.window;
  expect(kernel[0] >= 1 && kernel[1] >= 1, "expected a kernel of at least 1 x 1, got ", kernel[0], " x ", kernel[1]);
  const int64_t taps = checked_mul(kernel[0], kernel[1]), channels = columns[1] / taps;
  expect(columns[1] % taps == 0, "expected rows in blocks of ", taps, " taps, got ", columns[1], " rows");
  const ConvGeometry g = conv_geometry({stride, padding, dilation, 1}, {columns[0], channels, a.image[0], a.image[1]},
                                       {1, channels, kernel[0], kernel[1]});
  expect(columns[2] == g.places(), "expected ", g.places(), " columns (places of the window in images of ", a.image[0],
         " x ", a.image[1], "), got ", columns[2]);
  return g;
}

struct Col2imReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const ConvGeometry g = col2im_geometry(attributes.as<Col2imAttributes>(), run.inputs[0].shape());
    const T* in = run.in<T>(0);
    T* plane = run.out<T>(0);
    for (int64_t i = 0, all = run.outputs[0].elements(); i < all; ++i) plane[i] = T(0);
    for (int64_t nc = 0; nc < g.n * g.c; ++nc, plane += g.rows.in * g.columns.in)
      for (int64_t kh = 0; kh < g.rows.kernel; ++kh)
        for (int64_t kw = 0; kw < g.columns.kernel; ++kw) {
          const OutputRange columns = g.columns.inside(kw);
          for (int64_t oh = 0; oh < g.rows.out; ++oh, in += g.columns.out) {
            const bool inside = g.rows.inside(oh, kh);
            T* row = inside ? plane + g.rows.place(oh, kh) * g.columns.in : nullptr;
            add_row(in, g.columns, kw, inside ? columns : OutputRange{}, row);
          }
        }
  }

  /// What falls on padding is added too, and dropped.
  template <class T>
  static void add_row(const T* in, const WindowAxis& columns, int64_t kw, OutputRange inside, T* row) {
    const int64_t shift = columns.place(0, kw);
    T dropped(0);
    for (int64_t ow = 0; ow < inside.begin; ++ow) dropped += in[ow];
    for (int64_t ow = inside.begin; ow < inside.end; ++ow) row[ow * columns.stride + shift] += in[ow];
    for (int64_t ow = inside.end; ow < columns.out; ++ow) dropped += in[ow];
  }
};

TensorTypes col2im_types(const OpCall& call) {
  expect_floating(call, 1);
  return {{call.inputs[0].dtype, col2im_geometry(call.attributes.as<Col2imAttributes>(), call.in(0)).image_shape()}};
}

}  // namespace

extern const OpDef op_col2im{
    .name = "col2im",
    .doc = "x[n,c,h,w] = sum of the columns' elements that im2col takes from there; those on padding are dropped.",
    .source = "adjoint of im2col",
    .traits = Trait::none,
    .types = col2im_types,
    .dimensions =
        [](const OpCall& call) {
          return conv_dimensions(col2im_geometry(call.attributes.as<Col2imAttributes>(), call.in(0)));
        },
    .count = [](const OpCall&) { return OpCount{.add = window_elements()}; },
    .slice = [](const OpCall& call, SliceStates& inputs) { return slice_rows(call, inputs, {0}); },
    .gradient = [](const GradientCall& g) -> Values {
      return {im2col(g.emitter, g.output_gradients[0], g.attributes.as<Col2imAttributes>().window)};
    },
    .reference = reference_of<Col2imReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 27, 20}}},
             Col2imAttributes{{.kernel = {3, 3}, .padding = {1, 1, 1, 1}}, {5, 4}},
             {}},
            {{{DType::float32, {1, 12, 16}}},
             Col2imAttributes{{.kernel = {3, 2}, .stride = {2, 3}, .padding = {0, 1, 2, 3}, .dilation = {2, 1}},
                              {9, 8}},
             {}},
            {{{DType::float32, {17, 3, 29}}}, Col2imAttributes{{.kernel = {1, 3}}, {1, 31}}, {}},
            {{{DType::float32, {0, 8, 4}}}, Col2imAttributes{{.kernel = {2, 2}}, {3, 3}}, {}},
            {{{DType::float32, {1, 1, 1}}}, Col2imAttributes{{}, {1, 1}}, {}},
        },
};

Value col2im(Emitter& emitter, Value columns, const Col2imAttributes& attributes) {
  return emit_one(emitter, op_col2im, attributes, Values{columns});
}

}  // namespace tacho
