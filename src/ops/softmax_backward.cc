#include "ops/softmax_backward.h"

#include "ops/axis_rows.h"
#include "ops/mul.h"
#include "ops/sub.h"
#include "ops/sum.h"

namespace tacho {
namespace {

struct SoftmaxBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    for_each_axis_row<T>(attributes, run, [](auto in, auto dx, int64_t n) {
      const auto dy = in(0), y = in(1);
      const T inner = row_sum<T>(n, [=](int64_t i) { return dy[i] * y[i]; });
      for (int64_t i = 0; i < n; ++i) dx[i] = y[i] * (dy[i] - inner);
    });
  }
};

OpCount softmax_backward_count(const OpCall& call) {
  const ReductionCount c = axis_count(call);
  const Expr all = c.results * c.terms;
  return {.mul = 2 * all, .add = all + c.combinations()};
}

// Along y: d (dy - sum dy y) - dy sum d y.
Values softmax_backward_gradient(const GradientCall& g) {
  Emitter& e = g.emitter;
  const Value dy = g.inputs[0], y = g.inputs[1], d = g.output_gradients[0];
  const int64_t axis = g.attributes.as<AxisAttributes>().axis;
  Values result{Value{}, Value{}};
  if (g.wanted[0]) result[0] = softmax_backward(e, d, y, axis);
  if (g.wanted[1]) {
    const Value along = sum(e, mul(e, dy, y), {{axis}, true}), through = sum(e, mul(e, d, y), {{axis}, true});
    result[1] = sub(e, mul(e, d, sub(e, dy, along)), mul(e, dy, through));
  }
  return result;
}

}  // namespace

extern const OpDef op_softmax_backward{
    .name = "softmax_backward",
    .doc = "dx = y (dy - sum dy y) along an axis.",
    .source = "adjoint of softmax, from its output",
    .types = axis_types,
    .dimensions = reduction_dimensions,
    .count = softmax_backward_count,
    .slice = slice_beside_axis,
    .gradient = softmax_backward_gradient,
    .reference = reference_of<SoftmaxBackwardReference>(),
    .may_alias = {0},
    .samples = axis_samples(2),
};

Value softmax_backward(Emitter& emitter, Value dy, Value y, int64_t axis) {
  return emit_one(emitter, op_softmax_backward, AxisAttributes{axis}, Values{dy, y});
}

}  // namespace tacho
