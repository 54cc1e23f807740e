#include "ops/resize2d.h"

#include "ops/resize2d_backward.h"
#include "ops/resize_geometry.h"

namespace tacho {
namespace {

struct Resize2dReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const bool bilinear = is_bilinear(attributes.as<Resize2dAttributes>().mode);
    const Shape &in = run.inputs[0].shape(), &out = run.outputs[0].shape();
    const T* plane = run.in<T>(0);
    T* y = run.out<T>(0);
    for (int64_t nc = 0; nc < in[0] * in[1]; ++nc, plane += in[2] * in[3])
      for (int64_t oh = 0; oh < out[2]; ++oh, y += out[3])
        if (bilinear) interpolate(in, out, plane, oh, y);
        else take_nearest(in, out, plane + nearest_place(in[2], out[2], oh) * in[3], y);
  }

  template <class T>
  static void take_nearest(const Shape& in, const Shape& out, const T* row, T* y) {
    for (int64_t ow = 0; ow < out[3]; ++ow) copy(y[ow], row[nearest_place(in[3], out[3], ow)]);
  }

  template <class T>
  static void interpolate(const Shape& in, const Shape& out, const T* plane, int64_t oh, T* y) {
    const Around rows = around_place(in[2], out[2], oh);
    const T *above = plane + rows.first * in[3], *below = plane + rows.second * in[3], down(rows.weight);
    for (int64_t ow = 0; ow < out[3]; ++ow) {
      const Around columns = around_place(in[3], out[3], ow);
      const T right(columns.weight);
      const T top = above[columns.first] + right * (above[columns.second] - above[columns.first]);
      const T bottom = below[columns.first] + right * (below[columns.second] - below[columns.first]);
      y[ow] = top + down * (bottom - top);
    }
  }
};

TensorTypes resize_types(const OpCall& call) {
  expect_floating(call, 1);
  const Shape& x = call.in(0);
  const auto& a = call.attributes.as<Resize2dAttributes>();
  is_bilinear(a.mode);
  expect(x.size() == 4, "expected images N x C x H x W, got ", x);
  check_even_windows({x[2], x[3]}, a.size);
  const Shape out{x[0], x[1], a.size[0], a.size[1]};
  element_count(out);
  return {{call.inputs[0].dtype, out}};
}

/// Three interpolations an element: down + weight * difference.
OpCount resize_count(const OpCall& call) {
  const Expr n = resized_elements();
  if (!is_bilinear(call.attributes.as<Resize2dAttributes>().mode)) return {.move = n};
  return {.mul = 3 * n, .add = 6 * n};
}

Values resize_gradient(const GradientCall& g) {
  const Shape x = g.emitter.type(g.inputs[0]).shape;
  return {
      resize2d_backward(g.emitter, g.output_gradients[0], {{x[2], x[3]}, g.attributes.as<Resize2dAttributes>().mode})};
}

}  // namespace

extern const OpDef op_resize2d{
    .name = "resize2d",
    .doc = "y[n,c,i,j] = x at row i H / OH and column j W / OW: the nearest place, or four places weighed bilinearly.",
    .source = "PyTorch interpolate (align_corners off); ONNX Resize (asymmetric floor, half_pixel linear)",
    .traits = Trait::none,
    .types = resize_types,
    .dimensions = [](const OpCall& call) { return even_dimensions(call.in(0), call.out(0)); },
    .count = resize_count,
    .slice = slice_planes,
    .gradient = resize_gradient,
    .reference = reference_of<Resize2dReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {2, 3, 4, 5}}}, Resize2dAttributes{{8, 10}, "nearest"}, {}},
                {{{DType::float32, {2, 3, 4, 5}}}, Resize2dAttributes{{8, 10}, "bilinear"}, {}},
                {{{DType::float32, {1, 2, 7, 9}}}, Resize2dAttributes{{3, 17}, "nearest"}, {}},
                {{{DType::float32, {1, 2, 7, 9}}}, Resize2dAttributes{{3, 17}, "bilinear"}, {}},
                {{{DType::float32, {17, 1, 1, 1}}}, Resize2dAttributes{{2, 3}, "bilinear"}, {}},
                {{{DType::float32, {0, 2, 4, 4}}}, Resize2dAttributes{{2, 2}, "nearest"}, {}}},
};

Value resize2d(Emitter& emitter, Value x, const Resize2dAttributes& attributes) {
  return emit_one(emitter, op_resize2d, attributes, Values{x});
}

}  // namespace tacho
