#include "ops/resize2d_backward.h"

#include "ops/resize_geometry.h"

namespace tacho {
namespace {

struct Resize2dBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const bool bilinear = is_bilinear(attributes.as<Resize2dBackwardAttributes>().mode);
    const Shape &out = run.inputs[0].shape(), &in = run.outputs[0].shape();
    const T* dy = run.in<T>(0);
    T* plane = run.out<T>(0);
    for (int64_t nc = 0; nc < in[0] * in[1]; ++nc, plane += in[2] * in[3]) {
      for (int64_t i = 0; i < in[2] * in[3]; ++i) plane[i] = T(0);
      for (int64_t oh = 0; oh < out[2]; ++oh, dy += out[3])
        if (bilinear) spread(in, out, dy, oh, plane);
        else add_nearest(in, out, dy, plane + nearest_place(in[2], out[2], oh) * in[3]);
    }
  }

  template <class T>
  static void add_nearest(const Shape& in, const Shape& out, const T* dy, T* row) {
    for (int64_t ow = 0; ow < out[3]; ++ow) row[nearest_place(in[3], out[3], ow)] += dy[ow];
  }

  template <class T>
  static void spread(const Shape& in, const Shape& out, const T* dy, int64_t oh, T* plane) {
    const Around rows = around_place(in[2], out[2], oh);
    T *above = plane + rows.first * in[3], *below = plane + rows.second * in[3];
    const T up(1 - rows.weight), down(rows.weight);
    for (int64_t ow = 0; ow < out[3]; ++ow) {
      const Around columns = around_place(in[3], out[3], ow);
      const T left(1 - columns.weight), right(columns.weight);
      const T top = up * dy[ow], bottom = down * dy[ow];
      above[columns.first] += left * top;
      above[columns.second] += right * top;
      below[columns.first] += left * bottom;
      below[columns.second] += right * bottom;
    }
  }
};

TensorTypes resize2d_backward_types(const OpCall& call) {
  expect_floating(call, 1);
  const Shape& dy = call.in(0);
  const auto& a = call.attributes.as<Resize2dBackwardAttributes>();
  is_bilinear(a.mode);
  expect(dy.size() == 4, "expected gradients N x C x OH x OW, got ", dy);
  check_even_windows(a.image, {dy[2], dy[3]});
  const Shape out{dy[0], dy[1], a.image[0], a.image[1]};
  element_count(out);
  return {{call.inputs[0].dtype, out}};
}

OpCount resize2d_backward_count(const OpCall& call) {
  const Expr n = resized_elements();
  if (!is_bilinear(call.attributes.as<Resize2dBackwardAttributes>().mode)) return {.add = n};
  return {.mul = 6 * n, .add = 4 * n};
}

/// Linear: its gradient is the resize itself.
Values resize2d_backward_gradient(const GradientCall& g) {
  const Shape dy = g.emitter.type(g.inputs[0]).shape;
  return {
      resize2d(g.emitter, g.output_gradients[0], {{dy[2], dy[3]}, g.attributes.as<Resize2dBackwardAttributes>().mode})};
}

}  // namespace

extern const OpDef op_resize2d_backward{
    .name = "resize2d_backward",
    .doc = "dx[n,c,h,w] = the sum over all places (i, j) that read (h, w) of their weight for it times dy[n,c,i,j].",
    .source = "adjoint of resize2d",
    .traits = Trait::none,
    .types = resize2d_backward_types,
    .dimensions = [](const OpCall& call) { return even_dimensions(call.out(0), call.in(0)); },
    .count = resize2d_backward_count,
    .slice = slice_planes,
    .gradient = resize2d_backward_gradient,
    .reference = reference_of<Resize2dBackwardReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {2, 3, 8, 10}}}, Resize2dBackwardAttributes{{4, 5}, "nearest"}, {}},
                {{{DType::float32, {2, 3, 8, 10}}}, Resize2dBackwardAttributes{{4, 5}, "bilinear"}, {}},
                {{{DType::float32, {1, 2, 3, 17}}}, Resize2dBackwardAttributes{{7, 9}, "nearest"}, {}},
                {{{DType::float32, {17, 2, 3, 5}}}, Resize2dBackwardAttributes{{7, 2}, "bilinear"}, {}},
                {{{DType::float32, {0, 2, 4, 4}}}, Resize2dBackwardAttributes{{2, 2}, "nearest"}, {}},
                {{{DType::float32, {1, 1, 1, 1}}}, Resize2dBackwardAttributes{{1, 1}, "bilinear"}, {}}},
};

Value resize2d_backward(Emitter& emitter, Value dy, const Resize2dBackwardAttributes& attributes) {
  return emit_one(emitter, op_resize2d_backward, attributes, Values{dy});
}

}  // namespace tacho
