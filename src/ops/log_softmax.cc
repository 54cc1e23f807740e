#include "ops/log_softmax.h"

#include "ops/axis_rows.h"
#include "ops/log_softmax_backward.h"

namespace tacho {
namespace {

struct LogSoftmaxReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    for_each_axis_row<T>(attributes, run, [](auto in, auto y, int64_t n) {
      const auto x = in(0);
      const T largest = row_max<T>(x, n);
      for (int64_t i = 0; i < n; ++i) y[i] = x[i] - largest;
      const T total = log(row_sum<T>(n, [=](int64_t i) { return exp(y[i]); }));
      for (int64_t i = 0; i < n; ++i) y[i] = y[i] - total;
    });
  }
};

/// Per row of n: n - 1 comparisons, 3 n - 1 additions, n exponentials, one logarithm; nothing where a row has none.
OpCount log_softmax_count(const OpCall& call) {
  const ReductionCount c = axis_count(call);
  const Expr all = c.results * c.terms, rows = c.results * min(c.terms, 1);
  return {.add = 2 * all + c.combinations(), .cmp = c.combinations(), .transcendental = all + rows};
}

}  // namespace

extern const OpDef op_log_softmax{
    .name = "log_softmax",
    .doc = "y = x - max x - log sum exp(x - max x) along an axis.",
    .source = "ONNX LogSoftmax",
    .types = axis_types,
    .dimensions = reduction_dimensions,
    .count = log_softmax_count,
    .slice = slice_beside_axis,
    .gradient = [](const GradientCall& g) -> Values {
      return {
          log_softmax_backward(g.emitter, g.output_gradients[0], g.outputs[0], g.attributes.as<AxisAttributes>().axis)};
    },
    .reference = reference_of<LogSoftmaxReference>(),
    .may_alias = {0},
    .samples = axis_samples(1),
};

Value log_softmax(Emitter& emitter, Value x, int64_t axis) {
  return emit_one(emitter, op_log_softmax, AxisAttributes{axis}, Values{x});
}

}  // namespace tacho
