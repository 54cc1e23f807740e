#include "ops/log_softmax_backward.h"

#include "ops/axis_rows.h"
#include "ops/exp.h"
#include "ops/mul.h"
#include "ops/neg.h"
#include "ops/sub.h"
#include "ops/sum.h"

namespace tacho {
namespace {

struct LogSoftmaxBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    for_each_axis_row<T>(attributes, run, [](auto in, auto dx, int64_t n) {
      const auto dy = in(0), y = in(1);
      const T total = row_sum<T>(n, [=](int64_t i) { return dy[i]; });
      for (int64_t i = 0; i < n; ++i) dx[i] = dy[i] - exp(y[i]) * total;
    });
  }
};

OpCount log_softmax_backward_count(const OpCall& call) {
  const ReductionCount c = axis_count(call);
  const Expr all = c.results * c.terms;
  return {.mul = all, .add = all + c.combinations(), .transcendental = all};
}

// Along dy: d - sum d exp(y); along y: -d exp(y) sum dy.
Values log_softmax_backward_gradient(const GradientCall& g) {
  Emitter& e = g.emitter;
  const Value dy = g.inputs[0], d = g.output_gradients[0];
  const int64_t axis = g.attributes.as<AxisAttributes>().axis;
  const Value weighted = mul(e, d, exp(e, g.inputs[1]));
  Values result{Value{}, Value{}};
  if (g.wanted[0]) result[0] = sub(e, d, sum(e, weighted, {{axis}, true}));
  if (g.wanted[1]) result[1] = neg(e, mul(e, weighted, sum(e, dy, {{axis}, true})));
  return result;
}

}  // namespace

extern const OpDef op_log_softmax_backward{
    .name = "log_softmax_backward",
    .doc = "dx = dy - exp(y) sum dy along an axis.",
    .source = "adjoint of log_softmax, from its output",
    .types = axis_types,
    .dimensions = reduction_dimensions,
    .count = log_softmax_backward_count,
    .slice = slice_beside_axis,
    .gradient = log_softmax_backward_gradient,
    .reference = reference_of<LogSoftmaxBackwardReference>(),
    .may_alias = {0},
    .samples = axis_samples(2),
};

Value log_softmax_backward(Emitter& emitter, Value dy, Value y, int64_t axis) {
  return emit_one(emitter, op_log_softmax_backward, AxisAttributes{axis}, Values{dy, y});
}

}  // namespace tacho
