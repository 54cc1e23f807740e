#pragma once
// What convolutions, im2col and pooling share: how windows lie over an image, in numbers and in symbols.
#include <algorithm>

#include "count/checked.h"
#include "op/rules.h"
#include "op/scalar.h"
#include "ops/conv2d.h"

namespace tacho {

/// Outputs [begin, end).
struct OutputRange {
  int64_t begin = 0, end = 0;
};

/// Windows along one axis of an image, the image padded before and after.
struct WindowAxis {
  int64_t in = 0, kernel = 0, stride = 1, before = 0, after = 0, dilation = 1;
  int64_t out = 0;  ///< number of windows

  int64_t padded() const { return in + before + after; }
  /// Where tap `tap` of window `output` lies in the unpadded image: outside [0, in) for padding.
  int64_t place(int64_t output, int64_t tap) const { return output * stride + tap * dilation - before; }
  bool inside(int64_t output, int64_t tap) const {
    const int64_t at = place(output, tap);
    return at >= 0 && at < in;
  }
  /// The windows whose tap `tap` lies inside the image.
  OutputRange inside(int64_t tap) const {
    const int64_t shift = before - tap * dilation;
    const int64_t begin = std::clamp<int64_t>(checked_ceil_div(shift, stride), 0, out);
    return {begin, std::clamp(checked_floor_div(in - 1 + shift, stride) + 1, begin, out)};
  }
};

/// Fills in `out`; throws tacho::Error where the numbers make no sense or the kernel is larger than the padded image.
inline WindowAxis window_axis(WindowAxis a, const char* name) {
  expect(a.stride >= 1 && a.dilation >= 1, "expected stride and dilation of at least 1, got ", a.stride, " and ",
         a.dilation, " along ", name);
  expect(a.before >= 0 && a.after >= 0, "expected padding of at least 0, got ", a.before, " and ", a.after, " along ",
         name);
  expect(a.in >= 1 && a.kernel >= 1, "expected an image and a kernel of at least 1, got ", a.in, " and ", a.kernel,
         " along ", name);
  const int64_t padded = checked_add(checked_add(a.in, a.before), a.after);
  const int64_t spread = checked_add(checked_mul(a.dilation, a.kernel - 1), 1);
  expect(spread <= padded, "the kernel spans ", spread, " but the padded image only ", padded, " along ", name,
         ": make the kernel smaller or the padding larger");
  a.out = (padded - spread) / a.stride + 1;
  return a;
}

/// One convolution's extents. `rows` is the vertical axis, `columns` the horizontal one.
struct ConvGeometry {
  int64_t n = 0, k = 0, c = 0, groups = 1;
  WindowAxis rows, columns;

  int64_t channels_per_group() const { return c / groups; }
  int64_t filters_per_group() const { return k / groups; }
  int64_t taps() const { return rows.kernel * columns.kernel; }
  int64_t places() const { return rows.out * columns.out; }
  Shape image_shape() const { return {n, c, rows.in, columns.in}; }
  Shape filter_shape() const { return {k, channels_per_group(), rows.kernel, columns.kernel}; }
  Shape output_shape() const { return {n, k, rows.out, columns.out}; }
  /// Whether Winograd's algorithm for 3 x 3 filters computes this convolution.
  bool suits_winograd() const {
    const auto plain = [](const WindowAxis& axis) {
      return axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1;
    };
    return groups == 1 && plain(rows) && plain(columns);
  }
};

/// The geometry of conv2d for images x and filters w; throws tacho::Error where they do not fit.
inline ConvGeometry conv_geometry(const Conv2dAttributes& a, const Shape& x, const Shape& w) {
  expect(x.size() == 4, "expected images N x C x H x W, got ", x);
  expect(w.size() == 4, "expected filters K x C/groups x KH x KW, got ", w);
  ConvGeometry g;
  g.n = x[0], g.k = w[0], g.c = x[1], g.groups = a.groups;
  expect(g.groups >= 1, "expected at least 1 group, got ", g.groups);
  expect(g.c >= 1 && g.k >= 1, "expected at least 1 channel and 1 filter, got ", g.c, " and ", g.k);
  expect(g.c % g.groups == 0, g.groups, " groups do not divide ", g.c, " channels");
  expect(g.k % g.groups == 0, g.groups, " groups do not divide ", g.k, " filters");
  expect(w[1] == g.c / g.groups, "expected filters of ", g.c / g.groups, " channels (", g.c, " in ", g.groups,
         " groups), got ", w[1]);
  g.rows = window_axis({x[2], w[2], a.stride[0], a.padding[0], a.padding[2], a.dilation[0]}, "the height");
  g.columns = window_axis({x[3], w[3], a.stride[1], a.padding[1], a.padding[3], a.dilation[1]}, "the width");
  // Nothing below overflows once these products do not.
  element_count(g.output_shape());
  element_count(g.filter_shape());
  element_count({g.n, g.c, g.rows.padded(), g.columns.padded()});
  return g;
}

/// Throws where an operand is not floating or the dtypes differ.
inline void expect_floating(const OpCall& call, size_t count) {
  expect(call.inputs.size() == count, "expected ", count, " inputs, got ", call.inputs.size());
  for (const TensorType& type : call.inputs)
    expect(is_floating(type.dtype) && type.dtype == call.inputs[0].dtype,
           "expected operands of one floating dtype, got ", name_of(call.inputs[0].dtype), " and ",
           name_of(type.dtype));
}

/// Numbers for the symbols of the formulas below: N, K, C, KH, KW, H, W, G, strides SH and SW, paddings PT, PL, PB, PR,
/// dilations DH and DW.
inline Bindings conv_dimensions(const ConvGeometry& g) {
  const WindowAxis &r = g.rows, &c = g.columns;
  return {{"N", g.n},       {"K", g.k},       {"C", g.c},         {"G", g.groups},   {"H", r.in},      {"W", c.in},
          {"KH", r.kernel}, {"KW", c.kernel}, {"SH", r.stride},   {"SW", c.stride},  {"PT", r.before}, {"PL", c.before},
          {"PB", r.after},  {"PR", c.after},  {"DH", r.dilation}, {"DW", c.dilation}};
}

/// The symbols of one axis.
struct WindowSymbols {
  Expr in, kernel, stride, before, after, dilation, out;

  /// The number of windows times taps that lie inside the image.
  Expr inside() const {
    const Expr i = Expr::symbol("i"), shift = before - dilation * i;
    const Expr begin = max(0, ceil_div(shift, stride));
    const Expr end = min(out, floor_div(in - 1 + shift, stride) + 1);
    return Expr::sum("i", kernel, max(0, end - begin));
  }
};

/// Symbols of the vertical axis (`vertical`) or the horizontal one; `out` is the derived size OH or OW.
inline WindowSymbols window_symbols(bool vertical) {
  const auto s = [&](const char* v, const char* h) { return Expr::symbol(vertical ? v : h); };
  WindowSymbols w{s("H", "W"), s("KH", "KW"), s("SH", "SW"), s("PT", "PL"), s("PB", "PR"), s("DH", "DW"), 0};
  w.out = Expr::named(vertical ? "OH" : "OW",
                      floor_div(w.in + w.before + w.after - w.dilation * (w.kernel - 1) - 1, w.stride) + 1);
  return w;
}

/// Products of the three convolution operations, N*K*OH*OW*C*KH*KW (C/G for groups), and the part on padded zeros.
struct ConvProducts {
  Expr outputs;  ///< N*K*OH*OW
  Expr depth;    ///< C/G*KH*KW: products an output
  Expr all, on_padding;
};

inline ConvProducts conv_products(const Conv2dAttributes& a) {
  const auto s = [](const char* name) { return Expr::symbol(name); };
  const WindowSymbols rows = window_symbols(true), columns = window_symbols(false);
  const Expr channels = a.groups == 1 ? s("C") : floor_div(s("C"), s("G"));
  const Expr nk = s("N") * s("K");
  ConvProducts p{nk * rows.out * columns.out, channels * rows.kernel * columns.kernel, 0, 0};
  p.all = p.outputs * p.depth;
  p.on_padding =
      nk * channels * (rows.kernel * rows.out * columns.kernel * columns.out - rows.inside() * columns.inside());
  return p;
}

/// N*C*KH*KW*OH*OW: the elements of all windows of all images, padding included.
inline Expr window_elements() {
  const WindowSymbols rows = window_symbols(true), columns = window_symbols(false);
  return Expr::symbol("N") * Expr::symbol("C") * rows.kernel * columns.kernel * rows.out * columns.out;
}

/// The factor of a product that lands on padding, so that the counting scalar tallies it as padding_mul.
template <class T>
T on_padding(T factor) {
  if constexpr (std::is_same_v<T, Counting>) factor.padding = true;
  return factor;
}

/// Slices of operations that treat each plane (image and channel) alone: all inputs along axis 0 or 1 together.
inline SliceStates slice_planes(const OpCall& call, SliceStates& inputs) {
  const SlicedInput sliced = common_sliced_axis(inputs);
  if (sliced.refusal) return all_outputs(call, SliceState::Refused(sliced.refusal));
  if (sliced.axis < 0) return all_outputs(call, SliceState::Whole());
  if (sliced.axis > 1) return all_outputs(call, SliceState::Refused("windows reach across slices of an image"));
  for (SliceState& input : inputs) input = SliceState::Sliced(sliced.axis);
  return all_outputs(call, SliceState::Sliced(sliced.axis));
}

/// What an operand's axis is to a convolution; `none` for an operand that is whole.
enum class ConvAxis : uint8_t { none, batch, filters, channels, window };

/// The slice rule of conv2d and its two gradients. `roles` gives what axes 0 and 1 of each operand mean, the output
/// last. Filters and channels can be sliced only where there is one group, because a part of them is another number of
/// groups.
inline SliceStates slice_convolution(const OpCall& call, SliceStates& inputs, int64_t groups,
                                     const ConvAxis (&roles)[3][2]) {
  const auto refused = [&](const char* why) { return all_outputs(call, SliceState::Refused(why)); };
  ConvAxis along = ConvAxis::none;
  for (size_t i = 0; i < 2; ++i) {
    if (inputs[i].kind == SliceState::partial) return refused("reads a value that is still partial");
    if (inputs[i].kind != SliceState::sliced) continue;
    const ConvAxis role = inputs[i].axis < 2 ? roles[i][inputs[i].axis] : ConvAxis::window;
    if (along != ConvAxis::none && role != along) return refused("the operands are sliced along different axes");
    along = role;
  }
  if (along == ConvAxis::none) return all_outputs(call, SliceState::Whole());
  if (along == ConvAxis::window) return refused("windows reach across slices of an image");
  if (along != ConvAxis::batch && groups != 1) return refused("groups tie filters to channels");
  const auto axis_of = [&](size_t which) { return roles[which][0] == along ? 0 : roles[which][1] == along ? 1 : -1; };
  for (size_t i = 0; i < 2; ++i)
    if (axis_of(i) >= 0) inputs[i] = SliceState::Sliced(axis_of(i));
  // An axis that the output lacks is summed over.
  return {axis_of(2) >= 0 ? SliceState::Sliced(axis_of(2)) : SliceState::Partial(PartialKind::sum)};
}

}  // namespace tacho
