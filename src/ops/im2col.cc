#include "ops/im2col.h"

#include "ops/col2im.h"
#include "ops/conv_geometry.h"

namespace tacho {
namespace {

ConvGeometry im2col_geometry(const Im2colAttributes& a, const Shape& x) {
  expect(x.size() == 4, "expected images N x C x H x W, got ", x);
  return conv_geometry({a.stride, a.padding, a.dilation, 1}, x, {1, x[1], a.kernel[0], a.kernel[1]});
}

struct Im2colReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const ConvGeometry g = im2col_geometry(attributes.as<Im2colAttributes>(), run.inputs[0].shape());
    const T* plane = run.in<T>(0);
    T* out = run.out<T>(0);
    for (int64_t nc = 0; nc < g.n * g.c; ++nc, plane += g.rows.in * g.columns.in)
      for (int64_t kh = 0; kh < g.rows.kernel; ++kh)
        for (int64_t kw = 0; kw < g.columns.kernel; ++kw) {
          const OutputRange columns = g.columns.inside(kw);
          for (int64_t oh = 0; oh < g.rows.out; ++oh, out += g.columns.out) {
            const bool inside = g.rows.inside(oh, kh);
            const T* row = inside ? plane + g.rows.place(oh, kh) * g.columns.in : nullptr;
            copy_row(row, g.columns, kw, inside ? columns : OutputRange{}, out);
          }
        }
  }

  template <class T>
  static void copy_row(const T* row, const WindowAxis& columns, int64_t kw, OutputRange inside, T* out) {
    const T zero = padding_zero<T>();
    const int64_t shift = columns.place(0, kw);
    for (int64_t ow = 0; ow < inside.begin; ++ow) copy(out[ow], zero);
    for (int64_t ow = inside.begin; ow < inside.end; ++ow) copy(out[ow], row[ow * columns.stride + shift]);
    for (int64_t ow = inside.end; ow < columns.out; ++ow) copy(out[ow], zero);
  }
};

TensorTypes im2col_types(const OpCall& call) {
  expect_floating(call, 1);
  const ConvGeometry g = im2col_geometry(call.attributes.as<Im2colAttributes>(), call.in(0));
  const Shape out{g.n, checked_mul(g.c, g.taps()), g.places()};
  element_count(out);
  return {{call.inputs[0].dtype, out}};
}

}  // namespace

extern const OpDef op_im2col{
    .name = "im2col",
    .doc =
        "Windows of images as columns, zeros outside: out[n, (c,p,q), (i,j)] = x[n,c, i*stride + p*dilation - "
        "padding, ...].",
    .source = "phi(pad(Z)) of the running-time document, by loops instead of an index vector",
    .traits = Trait::movement,
    .types = im2col_types,
    .dimensions =
        [](const OpCall& call) {
          return conv_dimensions(im2col_geometry(call.attributes.as<Im2colAttributes>(), call.in(0)));
        },
    .count = [](const OpCall&) { return OpCount{.move = window_elements()}; },
    .slice = [](const OpCall& call, SliceStates& inputs) { return slice_rows(call, inputs, {0}); },
    .gradient = [](const GradientCall& g) -> Values {
      const Shape image = g.emitter.type(g.inputs[0]).shape;
      return {col2im(g.emitter, g.output_gradients[0], {g.attributes.as<Im2colAttributes>(), {image[2], image[3]}})};
    },
    .reference = reference_of<Im2colReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 3, 5, 4}}}, Im2colAttributes{.kernel = {3, 3}, .padding = {1, 1, 1, 1}}, {}},
            {{{DType::float32, {1, 2, 9, 8}}},
             Im2colAttributes{.kernel = {3, 2}, .stride = {2, 3}, .padding = {0, 1, 2, 3}, .dilation = {2, 1}},
             {}},
            {{{DType::float32, {17, 1, 1, 31}}}, Im2colAttributes{.kernel = {1, 3}}, {}},
            {{{DType::float32, {0, 2, 3, 3}}}, Im2colAttributes{.kernel = {2, 2}}, {}},
            {{{DType::float32, {1, 1, 1, 1}}}, Im2colAttributes{}, {}},
        },
};

Value im2col(Emitter& emitter, Value x, const Im2colAttributes& attributes) {
  return emit_one(emitter, op_im2col, attributes, Values{x});
}

}  // namespace tacho
