#pragma once
// What poolings share: how windows lie over planes, in numbers and in symbols, and the loops that average.
#include "ops/conv_geometry.h"

namespace tacho {

/// Windows down and to the right.
struct PoolGeometry {
  WindowAxis rows, columns;
};

/// Along one axis. Padding smaller than the kernel makes every window see the image.
inline WindowAxis pool_axis(WindowAxis axis, bool ceil_mode, const char* name) {
  axis = window_axis(axis, name);
  expect(axis.before < axis.kernel && axis.after < axis.kernel, "expected padding smaller than the kernel, got ",
         axis.before, " and ", axis.after, " for a kernel of ", axis.kernel, " along ", name);
  if (ceil_mode)  // a window that starts behind the image does not count
    axis.out = std::min(checked_ceil_div(axis.padded() - axis.kernel, axis.stride) + 1,
                        checked_ceil_div(axis.in + axis.before, axis.stride));
  return axis;
}

/// For any pooling's attributes and images x; throws tacho::Error where they do not fit.
template <class PoolAttributes>
PoolGeometry pool_geometry(const PoolAttributes& a, const Shape& x) {
  expect(x.size() == 4, "expected images N x C x H x W, got ", x);
  return {pool_axis({x[2], a.kernel[0], a.stride[0], a.padding[0], a.padding[2]}, a.ceil_mode, "the height"),
          pool_axis({x[3], a.kernel[1], a.stride[1], a.padding[1], a.padding[3]}, a.ceil_mode, "the width")};
}

/// N and C, and per axis: H, KH, SH, PT, PB and W, KW, SW, PL, PR.
inline Bindings pool_dimensions(const PoolGeometry& g, int64_t n, int64_t c) {
  const WindowAxis &rows = g.rows, &columns = g.columns;
  return {{"N", n},
          {"C", c},
          {"H", rows.in},
          {"W", columns.in},
          {"KH", rows.kernel},
          {"KW", columns.kernel},
          {"SH", rows.stride},
          {"SW", columns.stride},
          {"PT", rows.before},
          {"PL", columns.before},
          {"PB", rows.after},
          {"PR", columns.after}};
}

/// The symbols of one axis; `out` is OH or OW.
inline WindowSymbols pool_symbols(bool vertical, bool ceil_mode) {
  WindowSymbols w = window_symbols(vertical);
  w.dilation = 1;
  const Expr room = w.in + w.before + w.after - w.kernel;
  w.out = Expr::named(vertical ? "OH" : "OW",
                      ceil_mode ? min(ceil_div(room, w.stride) + 1, ceil_div(w.in + w.before, w.stride))
                                : floor_div(room, w.stride) + 1);
  return w;
}

/// The part [begin, end) of one axis that a window sees, and by how many places along it the window is averaged.
struct WindowPart {
  int64_t begin = 0, end = 0, divisor = 1;
};

/// Window `output` of strided windows; the padding counts to the divisor where `include_padding`.
inline WindowPart window_part(const WindowAxis& axis, int64_t output, bool include_padding) {
  const int64_t first = axis.place(output, 0), behind = first + axis.kernel;
  const WindowPart part{std::max<int64_t>(first, 0), std::min(behind, axis.in), 0};
  return {part.begin, part.end,
          include_padding ? std::min(behind, axis.in + axis.after) - first : part.end - part.begin};
}

/// Window `output` of `out` that cover an axis of `in` places as evenly as whole places allow.
inline WindowPart even_part(int64_t in, int64_t out, int64_t output) {
  const int64_t begin = output * in / out, end = checked_ceil_div((output + 1) * in, out);
  return {begin, end, end - begin};
}

/// y = the mean of each window over planes of x (N x C x H x W); `rows` and `columns` give the windows' parts.
template <class T, class Rows, class Columns>
void average_windows(const KernelRun& run, Rows rows, Columns columns) {
  const Shape &in = run.inputs[0].shape(), &out = run.outputs[0].shape();
  const T* plane = run.in<T>(0);
  T* y = run.out<T>(0);
  for (int64_t nc = 0; nc < in[0] * in[1]; ++nc, plane += in[2] * in[3])
    for (int64_t oh = 0; oh < out[2]; ++oh) {
      const WindowPart r = rows(oh);
      for (int64_t ow = 0; ow < out[3]; ++ow, ++y) {
        const WindowPart c = columns(ow);
        T sum = plane[r.begin * in[3] + c.begin];
        for (int64_t w = c.begin + 1; w < c.end; ++w) sum += plane[r.begin * in[3] + w];
        for (int64_t h = r.begin + 1; h < r.end; ++h)
          for (int64_t w = c.begin; w < c.end; ++w) sum += plane[h * in[3] + w];
        *y = sum / T(double(r.divisor * c.divisor));
      }
    }
}

/// The adjoint: each element of dy is divided evenly among the places of its window, into zeros.
template <class T, class Rows, class Columns>
void spread_windows(const KernelRun& run, Rows rows, Columns columns) {
  const Shape &out = run.inputs[0].shape(), &in = run.outputs[0].shape();
  const T* dy = run.in<T>(0);
  T* plane = run.out<T>(0);
  for (int64_t nc = 0; nc < in[0] * in[1]; ++nc, plane += in[2] * in[3]) {
    for (int64_t i = 0; i < in[2] * in[3]; ++i) plane[i] = T(0);
    for (int64_t oh = 0; oh < out[2]; ++oh) {
      const WindowPart r = rows(oh);
      for (int64_t ow = 0; ow < out[3]; ++ow, ++dy) {
        const WindowPart c = columns(ow);
        const T share = *dy / T(double(r.divisor * c.divisor));
        for (int64_t h = r.begin; h < r.end; ++h)
          for (int64_t w = c.begin; w < c.end; ++w) plane[h * in[3] + w] += share;
      }
    }
  }
}

/// Where in its plane lies place `index` of window (oh, ow), as max_pool2d counts places; throws tacho::Error where
/// that is outside the window or on padding.
inline int64_t place_in_plane(const PoolGeometry& g, int64_t oh, int64_t ow, int64_t index, const char* operation) {
  const int64_t kh = index / g.columns.kernel, kw = index % g.columns.kernel;
  if (index < 0 || kh >= g.rows.kernel || !g.rows.inside(oh, kh) || !g.columns.inside(ow, kw))
    fail("[", operation, "] index ", index, " is outside window (", oh, ", ", ow, ") of ", g.rows.kernel, " x ",
         g.columns.kernel, " places in an image of ", g.rows.in, " x ", g.columns.in);
  return g.rows.place(oh, kh) * g.columns.in + g.columns.place(ow, kw);
}

/// The geometry of the pooling that found `index` in images x. Throws tacho::Error where its shape or dtype is not that
/// of the pooling's.
template <class PoolAttributes>
PoolGeometry max_pool2d_geometry(const PoolAttributes& a, const Shape& x, const TensorType& index, DType dtype) {
  const PoolGeometry g = pool_geometry(a, x);
  const Shape places{x[0], x[1], g.rows.out, g.columns.out};
  expect(index == TensorType{dtype, places}, "expected indices ", name_of(dtype), " ", places, " of images ", x,
         ", got ", name_of(index.dtype), " ", index.shape);
  return g;
}

/// Calls f with a pointer to max_pool2d's indices: of uint8_t or int32_t.
template <class F>
void with_max_pool2d_index(const View& index, F f) {
  if (index.type.dtype == DType::uint8) f(index.as<uint8_t>());
  else f(index.as<int32_t>());
}

/// N, C, OH and OW of such indices.
inline Bindings max_pool2d_places(const Shape& index) {
  return {{"N", index[0]}, {"C", index[1]}, {"OH", index[2]}, {"OW", index[3]}};
}

}  // namespace tacho
