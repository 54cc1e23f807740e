#include "ops/max_pool2d.h"

#include <limits>

#include "ops/max_pool2d_backward.h"
#include "ops/pool_geometry.h"

namespace tacho {
namespace {

struct MaxPool2dReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const Shape& shape = run.inputs[0].shape();
    const auto [rows, columns] = pool_geometry(attributes.as<MaxPool2dAttributes>(), shape);
    const T* plane = run.in<T>(0);
    T* y = run.out<T>(0);
    with_max_pool2d_index(run.outputs[1], [&, &rows = rows, &columns = columns](auto* index) {
      for (int64_t nc = 0; nc < shape[0] * shape[1]; ++nc, plane += rows.in * columns.in)
        for (int64_t oh = 0; oh < rows.out; ++oh)
          for (int64_t ow = 0; ow < columns.out; ++ow, ++y, ++index) window(rows, columns, oh, ow, plane, *y, *index);
    });
  }

  /// All taps are compared, those on padding as minus infinity.
  template <class T, class Index>
  static void window(const WindowAxis& rows, const WindowAxis& columns, int64_t oh, int64_t ow, const T* plane, T& y,
                     Index& index) {
    const T nothing(-std::numeric_limits<double>::infinity());
    const auto value = [&](int64_t tap) {
      const int64_t kh = tap / columns.kernel, kw = tap % columns.kernel;
      return rows.inside(oh, kh) && columns.inside(ow, kw)
                 ? plane[rows.place(oh, kh) * columns.in + columns.place(ow, kw)]
                 : nothing;
    };
    T best = value(0);
    // The first place inside the image: the answer too where the whole window is minus infinity.
    int64_t at =
        std::max<int64_t>(0, -rows.place(oh, 0)) * columns.kernel + std::max<int64_t>(0, -columns.place(ow, 0));
    for (int64_t tap = 1; tap < rows.kernel * columns.kernel; ++tap) {
      const T candidate = value(tap);
      const auto larger = greater(candidate, best);
      best = select(larger, candidate, best);
      at = select(larger, tap, at);
    }
    y = best;
    index = Index(at);
  }
};

TensorTypes max_pool2d_types(const OpCall& call) {
  expect_floating(call, 1);
  const Shape& x = call.in(0);
  const auto& a = call.attributes.as<MaxPool2dAttributes>();
  const auto [rows, columns] = pool_geometry(a, x);
  expect(checked_mul(rows.kernel, columns.kernel) <= std::numeric_limits<int32_t>::max(),
         "expected windows of at most 2^31 - 1 places, got ", rows.kernel, " x ", columns.kernel);
  const Shape out{x[0], x[1], rows.out, columns.out};
  element_count(out);
  return {{call.inputs[0].dtype, out}, {max_pool2d_index(a), out}};
}

Bindings max_pool2d_dimensions(const OpCall& call) {
  const Shape& x = call.in(0);
  return pool_dimensions(pool_geometry(call.attributes.as<MaxPool2dAttributes>(), x), x[0], x[1]);
}

OpCount max_pool2d_count(const OpCall& call) {
  const bool ceil_mode = call.attributes.as<MaxPool2dAttributes>().ceil_mode;
  const WindowSymbols rows = pool_symbols(true, ceil_mode), columns = pool_symbols(false, ceil_mode);
  return {.cmp = Expr::symbol("N") * Expr::symbol("C") * rows.out * columns.out * (rows.kernel * columns.kernel - 1)};
}

Values max_pool2d_gradient(const GradientCall& g) {
  if (!g.output_gradients[0]) return {Value{}};
  const Shape x = g.emitter.type(g.inputs[0]).shape;
  return {max_pool2d_backward(g.emitter, g.output_gradients[0], g.outputs[1],
                              {g.attributes.as<MaxPool2dAttributes>(), {x[2], x[3]}})};
}

}  // namespace

DType max_pool2d_index(const MaxPool2dAttributes& a) {
  return checked_mul(a.kernel[0], a.kernel[1]) <= 256 ? DType::uint8 : DType::int32;
}

extern const OpDef op_max_pool2d{
    .name = "max_pool2d",
    .doc = "y[n,c,i,j] = the maximum of window (i, j) of channel c, and its place in the window.",
    .source = "max(P_pool vec(sigma(S))) of the running-time document; ONNX MaxPool",
    .traits = Trait::pooling,
    .types = max_pool2d_types,
    .dimensions = max_pool2d_dimensions,
    .count = max_pool2d_count,
    .slice = slice_planes,
    .gradient = max_pool2d_gradient,
    .reference = reference_of<MaxPool2dReference>(),
    .may_alias = {-1, -1},
    .samples =
        {
            {{{DType::float32, {2, 3, 6, 8}}}, MaxPool2dAttributes{}, {{Fill::distinct}}},
            {{{DType::float32, {3, 1, 7, 5}}}, MaxPool2dAttributes{}, {{Fill::distinct}}},
            {{{DType::float32, {1, 2, 7, 7}}}, MaxPool2dAttributes{{3, 3}, {2, 2}, {1, 1, 1, 1}}, {{Fill::distinct}}},
            {{{DType::float32, {1, 2, 5, 8}}}, MaxPool2dAttributes{{3, 2}, {1, 3}, {2, 0, 1, 1}}, {{Fill::distinct}}},
            {{{DType::float32, {2, 1, 6, 7}}},
             MaxPool2dAttributes{{3, 2}, {2, 2}, {0, 1, 0, 0}, true},
             {{Fill::distinct}}},
            {{{DType::float32, {17, 1, 1, 31}}}, MaxPool2dAttributes{{1, 3}, {1, 1}}, {{Fill::distinct}}},
            {{{DType::float32, {0, 2, 4, 4}}}, MaxPool2dAttributes{}, {{Fill::distinct}}},
            {{{DType::float32, {1, 1, 1, 1}}}, MaxPool2dAttributes{{1, 1}, {1, 1}}, {{Fill::distinct}}},
            {{{DType::float32, {1, 2, 18, 17}}}, MaxPool2dAttributes{{17, 16}, {1, 1}}, {{Fill::distinct}}},
        },
};

MaxPool2d max_pool2d(Emitter& emitter, Value x, const MaxPool2dAttributes& attributes) {
  const Values outputs = emitter.emit(op_max_pool2d, attributes, Values{x});
  return {outputs[0], outputs[1]};
}

}  // namespace tacho
