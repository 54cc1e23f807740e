#include "ops/pad_backward.h"

#include "count/checked.h"
#include "op/scalar.h"
#include "ops/pad_geometry.h"

namespace tacho {
namespace {

struct PadBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<PadAttributes>();
    const Shape &out = run.outputs[0].shape(), &padded = run.inputs[0].shape();
    const T* dy = run.in<T>(0);
    T* dx = run.out<T>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) dx[i] = T(0);
    for_each_padded_row(a, out, padded, [&](int64_t row, int64_t to) {
      for_each_padded_element(a, out.back(), [&](int64_t i, int64_t shown) { dx[to + shown] += dy[row + i]; });
    });
  }
};

TensorTypes pad_backward_types(const OpCall& call) {
  const auto& a = call.attributes.as<PadAttributes>();
  expect(call.inputs.size() == 1 && is_floating(call.inputs[0].dtype), "expected one floating operand");
  TensorType out = call.inputs[0];
  expect(!out.shape.empty() && a.before.size() == out.shape.size() && a.after.size() == out.shape.size(),
         "expected one amount per axis of a tensor of rank 1 or more, got ", a.before.size(), " before and ",
         a.after.size(), " after for rank ", out.shape.size());
  for (size_t i = 0; i < out.shape.size(); ++i) {
    out.shape[i] = checked_sub(checked_sub(out.shape[i], a.before[i]), a.after[i]);
    expect(out.shape[i] >= 0, "amounts ", a.before[i], " and ", a.after[i], " are more than axis ", i, " of extent ",
           call.in(0)[i]);
  }
  expect_fillable(a, out.shape);
  return {out};
}

}  // namespace

extern const OpDef op_pad_backward{
    .name = "pad_backward",
    .doc = "dx[shown(i)] += dy[i] from zeros, shown(i) the element that pad copies to i.",
    .source = "adjoint of pad, modes reflect and edge",
    .traits = Trait::movement,
    .types = pad_backward_types,
    .dimensions = input_dimensions,
    .count = [](const OpCall& call) { return OpCount{.add = elements(call.in(0))}; },
    .slice = slice_unpadded_axes,
    .gradient = [](const GradientCall& g) -> Values {
      return {pad(g.emitter, g.output_gradients[0], g.attributes.as<PadAttributes>())};
    },
    .reference = reference_of<PadBackwardReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {2, 3, 8, 8}}}, PadAttributes{{0, 0, 2, 1}, {0, 0, 1, 3}, "reflect"}, {}},
                {{{DType::float32, {3, 17}}}, PadAttributes{{0, 8}, {0, 0}, "reflect"}, {}},
                {{{DType::float32, {31}}}, PadAttributes{{15}, {13}, "edge"}, {}},
                {{{DType::float32, {17, 3}}}, PadAttributes{{16, 1}, {0, 0}, "edge"}, {}},
                {{{DType::float32, {0, 6}}}, PadAttributes{{0, 1}, {0, 2}, "edge"}, {}}},
};

Value pad_backward(Emitter& emitter, Value dy, const PadAttributes& attributes) {
  return emit_one(emitter, op_pad_backward, attributes, Values{dy});
}

}  // namespace tacho
