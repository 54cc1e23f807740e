#include "ops/softmax.h"

#include "ops/axis_rows.h"
#include "ops/softmax_backward.h"

namespace tacho {
namespace {

struct SoftmaxReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    for_each_axis_row<T>(attributes, run, [](auto in, auto y, int64_t n) {
      const auto x = in(0);
      const T largest = row_max<T>(x, n);
      for (int64_t i = 0; i < n; ++i) y[i] = exp(x[i] - largest);
      const T total = row_sum<T>(n, [=](int64_t i) { return y[i]; });
      for (int64_t i = 0; i < n; ++i) y[i] = y[i] / total;
    });
  }
};

/// Per row of n: n - 1 comparisons, 2 n - 1 additions, n exponentials, n divisions.
OpCount softmax_count(const OpCall& call) {
  const ReductionCount c = axis_count(call);
  const Expr all = c.results * c.terms;
  return {.add = all + c.combinations(), .div = all, .cmp = c.combinations(), .transcendental = all};
}

}  // namespace

extern const OpDef op_softmax{
    .name = "softmax",
    .doc = "y = exp(x - max x) / sum exp(x - max x) along an axis.",
    .source = "ONNX Softmax",
    .types = axis_types,
    .dimensions = reduction_dimensions,
    .count = softmax_count,
    .slice = slice_beside_axis,
    .gradient = [](const GradientCall& g) -> Values {
      return {softmax_backward(g.emitter, g.output_gradients[0], g.outputs[0], g.attributes.as<AxisAttributes>().axis)};
    },
    .reference = reference_of<SoftmaxReference>(),
    .may_alias = {0},
    .samples = axis_samples(1),
};

Value softmax(Emitter& emitter, Value x, int64_t axis) {
  return emit_one(emitter, op_softmax, AxisAttributes{axis}, Values{x});
}

}  // namespace tacho
