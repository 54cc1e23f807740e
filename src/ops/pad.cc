#include "ops/pad.h"

#include "count/checked.h"
#include "op/rules.h"
#include "op/scalar.h"
#include "ops/pad_backward.h"
#include "ops/pad_geometry.h"

namespace tacho {
namespace {

/// What one axis keeps of the input, and where.
struct Kept {
  int64_t from = 0, to = 0, count = 0;  ///< `count` elements from input index `from` to output index `to`
};

Kept kept_of(int64_t in, int64_t before, int64_t after) {
  return {std::max<int64_t>(0, -before), std::max<int64_t>(0, before),
          std::max<int64_t>(0, in + std::min<int64_t>(0, before) + std::min<int64_t>(0, after))};
}

Shape kept_shape(const PadAttributes& a, const Shape& in) {
  Shape kept(in.size(), 0);
  for (size_t i = 0; i < in.size(); ++i) kept[i] = kept_of(in[i], a.before[i], a.after[i]).count;
  return kept;
}

struct PadReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<PadAttributes>();
    const Shape &in = run.inputs[0].shape(), &out = run.outputs[0].shape();
    T* y = run.out<T>(0);
    if (!pads_with_zeros(a)) return copy_shown(a, in, out, run.in<T>(0), y);
    for (int64_t i = 0, all = run.outputs[0].elements(); i < all; ++i) y[i] = T(0);
    const Shape kept = kept_shape(a, in);
    const size_t last = in.size() - 1;
    const int64_t row = kept[last], rows = element_count(Shape(kept.begin(), kept.begin() + last));
    const Shape in_strides = strides_of(in), out_strides = strides_of(out);
    for (int64_t r = 0; r < rows; ++r) {
      int64_t from = 0, to = 0, rest = r;
      for (size_t i = in.size(); i-- > 0;) {
        const int64_t at = i == last ? 0 : rest % kept[i];
        if (i != last) rest /= kept[i];
        const Kept k = kept_of(in[i], a.before[i], a.after[i]);
        from += (k.from + at) * in_strides[i];
        to += (k.to + at) * out_strides[i];
      }
      const T* x = run.in<T>(0) + from;
      for (int64_t i = 0; i < row; ++i) copy(y[to + i], x[i]);
    }
  }

  template <class T>
  static void copy_shown(const PadAttributes& a, const Shape& in, const Shape& out, const T* x, T* y) {
    for_each_padded_row(a, in, out, [&](int64_t to, int64_t from) {
      for_each_padded_element(a, in.back(), [&](int64_t i, int64_t shown) { copy(y[to + i], x[from + shown]); });
    });
  }
};

TensorTypes pad_types(const OpCall& call) {
  const auto& a = call.attributes.as<PadAttributes>();
  expect(call.inputs.size() == 1 && is_floating(call.inputs[0].dtype), "expected one floating operand");
  const Shape& in = call.in(0);
  expect(!in.empty() && a.before.size() == in.size() && a.after.size() == in.size(),
         "expected one amount per axis of a tensor of rank 1 or more, got ", a.before.size(), " before and ",
         a.after.size(), " after for rank ", in.size());
  TensorType out = call.inputs[0];
  for (size_t i = 0; i < in.size(); ++i) {
    checked_sub(0, a.before[i]), checked_sub(0, a.after[i]);  // the gradient negates them
    out.shape[i] = checked_add(checked_add(in[i], a.before[i]), a.after[i]);
    expect(out.shape[i] > 0 || (out.shape[i] == 0 && in[i] == 0), "amounts ", a.before[i], " and ", a.after[i],
           " leave nothing of axis ", i, " of extent ", in[i]);
  }
  element_count(out.shape);
  if (!pads_with_zeros(a)) expect_fillable(a, in);
  return {out};
}

Values pad_gradient(const GradientCall& g) {
  PadAttributes negated = g.attributes.as<PadAttributes>();
  if (!pads_with_zeros(negated)) return {pad_backward(g.emitter, g.output_gradients[0], negated)};
  for (int64_t& amount : negated.before) amount = -amount;
  for (int64_t& amount : negated.after) amount = -amount;
  return {pad(g.emitter, g.output_gradients[0], negated)};
}

}  // namespace

extern const OpDef op_pad{
    .name = "pad",
    .doc = "x with zeros, or with its elements reflected or its border repeated, before and after each axis.",
    .source = "pad(Z) of the running-time document; ONNX Pad",
    .traits = Trait::movement,
    .types = pad_types,
    // The symbols are the extents of what is copied: with zeros what is kept of the input, else all of the output.
    .dimensions =
        [](const OpCall& call) {
          const auto& a = call.attributes.as<PadAttributes>();
          return shape_dimensions(pads_with_zeros(a) ? kept_shape(a, call.in(0)) : call.out(0));
        },
    .count = [](const OpCall& call) { return OpCount{.move = elements(call.in(0))}; },
    .slice = slice_unpadded_axes,
    .gradient = pad_gradient,
    .reference = reference_of<PadReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 3, 5, 4}}}, PadAttributes{{0, 0, 2, 1}, {0, 0, 1, 3}}, {}},
            {{{DType::float32, {2, 3, 8, 8}}}, PadAttributes{{0, 0, -2, -1}, {0, 0, -1, -3}}, {}},
            {{{DType::float32, {17, 31}}}, PadAttributes{{0, 2}, {0, -3}}, {}},
            {{{DType::float32, {3}}}, PadAttributes{{-5}, {3}}, {}},
            {{{DType::float32, {0, 2, 3, 3}}}, PadAttributes{{0, 0, 1, 1}, {0, 0, 1, 1}}, {}},
            {{{DType::float32, {1, 1}}}, PadAttributes{{0, 0}, {0, 0}}, {}},
            {{{DType::float32, {2, 3, 5, 4}}}, PadAttributes{{0, 0, 2, 1}, {0, 0, 1, 3}, "reflect"}, {}},
            {{{DType::float32, {17, 31}}}, PadAttributes{{1, 0}, {16, 30}, "reflect"}, {}},
            {{{DType::float32, {2, 3, 5, 1}}}, PadAttributes{{0, 0, 2, 1}, {0, 0, 0, 3}, "edge"}, {}},
            {{{DType::float32, {3}}}, PadAttributes{{5}, {7}, "edge"}, {}},
            {{{DType::float32, {0, 3}}}, PadAttributes{{0, 1}, {0, 2}, "edge"}, {}},
        },
};

Value pad(Emitter& emitter, Value x, const PadAttributes& attributes) {
  return emit_one(emitter, op_pad, attributes, Values{x});
}

}  // namespace tacho
