#include "ops/log_sum_exp.h"

#include <limits>

#include "ops/exp.h"
#include "ops/mul.h"
#include "ops/reduction_rules.h"
#include "ops/reshape.h"
#include "ops/sub.h"

namespace tacho {
namespace {

struct LogSumExpReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto [results, terms] = reduction_walks(attributes.as<ReductionAttributes>(), run.inputs[0].shape());
    const T* x = run.in<T>(0);
    T* y = run.out<T>(0);
    for_each_result(results, [&, &terms = terms](int64_t result, int64_t base) {
      const T largest = combine_terms<T>(
          terms, base, [x](int64_t i) { return x[i]; }, [](T a, T b) { return max(a, b); });
      const T shift = finite(largest);
      const T total = combine_terms<T>(
          terms, base, [x, shift](int64_t i) { return exp(x[i] - shift); }, [](T a, T b) { return a + b; });
      y[result] = shift + log(total);
    });
  }

  /// The nearest finite number: an infinite one subtracted from itself would be NaN.
  template <class T>
  static T finite(T x) {
    using Number = std::conditional_t<std::is_same_v<T, float>, float, double>;
    constexpr Number most = std::numeric_limits<Number>::max();
    return min(max(x, T(-most)), T(most));
  }
};

/// Per result of n terms: n - 1 comparisons and two to keep the largest finite, n differences, n - 1 additions and one
/// of the logarithm, n exponentials and the logarithm.
OpCount log_sum_exp_count(const OpCall& call) {
  const ReductionCount c = reduction_count(call, call.attributes.as<ReductionAttributes>());
  const Expr all = c.results * c.terms;
  return {.add = all + c.combinations() + c.results,
          .cmp = c.combinations() + 2 * c.results,
          .transcendental = all + c.results};
}

SliceStates log_sum_exp_slice(const OpCall& call, SliceStates& inputs) {
  const SliceStates states = slice_reduction(call, inputs, call.attributes.as<ReductionAttributes>(), PartialKind::max);
  if (states[0].kind != SliceState::partial) return states;
  return {SliceState::Refused("the largest element of all slices is subtracted first")};
}

Values log_sum_exp_gradient(const GradientCall& g) {  // dy exp(x - y)
  Emitter& e = g.emitter;
  const Value x = g.inputs[0];
  const Shape kept = reduced_shape(g.attributes.as<ReductionAttributes>(), e.type(x).shape, true);
  const auto spread = [&](Value v) { return reshape(e, v, {kept.begin(), kept.end()}); };
  return {mul(e, exp(e, sub(e, x, spread(g.outputs[0]))), spread(g.output_gradients[0]))};
}

}  // namespace

extern const OpDef op_log_sum_exp{
    .name = "log_sum_exp",
    .doc = "y = log of the sum of exp(x) over some axes.",
    .source = "ONNX ReduceLogSumExp; PyTorch's logsumexp",
    .traits = Trait::reduction,
    .types = nonempty_reduction_types,
    .dimensions = reduction_dimensions,
    .count = log_sum_exp_count,
    .slice = log_sum_exp_slice,
    .gradient = log_sum_exp_gradient,
    .reference = reference_of<LogSumExpReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {3, 17}}}, ReductionAttributes{{1}}, {}},
                {{{DType::float32, {3, 4, 5, 7}}}, ReductionAttributes{{0, 2, 3}, true}, {}},
                {{{DType::float32, {67}}}, ReductionAttributes{}, {}},
                {{{DType::float32, {3, 1, 31}}}, ReductionAttributes{{0, 1}}, {}},
                {{{DType::float32, {0, 3}}}, ReductionAttributes{{1}}, {}}},
};

Value log_sum_exp(Emitter& emitter, Value x, ReductionAttributes attributes) {
  return emit_one(emitter, op_log_sum_exp, std::move(attributes), Values{x});
}

}  // namespace tacho
