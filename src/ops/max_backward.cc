#include "ops/max_backward.h"

#include "ops/mul.h"
#include "ops/reduction_rules.h"

namespace tacho {
namespace {

struct MaxBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto [results, terms] = reduction_walks(attributes.as<ReductionAttributes>(), run.inputs[1].shape());
    for_each_result(results,
                    [&, &terms = terms](int64_t result, int64_t base) { one_result<T>(run, terms, base, result); });
  }

  /// The elements of x from `base` on whose maximum is y[result].
  template <class T>
  static void one_result(const KernelRun& run, const Walk<1>& terms, int64_t base, int64_t result) {
    const T dy = run.in<T>(0)[result], y = run.in<T>(2)[result];
    const int64_t step = terms.strides[0].back();
    using Mask = decltype(equal(y, y));
    Mask open{true};  // none found yet
    for_each_row(terms, [&](int64_t, const std::array<int64_t, 1>& offsets) {
      const T* x = run.in<T>(1) + base + offsets[0];
      T* dx = run.out<T>(0) + base + offsets[0];
      for (int64_t i = 0; i < terms.extents.back(); ++i) {
        const Mask fresh = Mask(equal(x[i * step], y) & open);
        dx[i * step] = select(fresh, dy, T(0));
        open = Mask(open & !fresh);
      }
    });
  }
};

// Linear in dy: its adjoint reads the same places of x. Where the maximum stands does not change with x.
Values max_backward_gradient(const GradientCall& g) {
  const auto& a = g.attributes.as<ReductionAttributes>();
  const Value ones = g.emitter.splat(g.emitter.type(g.inputs[0]), 1);
  const Value places = max_backward(g.emitter, ones, g.inputs[1], g.inputs[2], a);
  return {sum(g.emitter, mul(g.emitter, g.output_gradients[0], places), a), Value{}, Value{}};
}

}  // namespace

extern const OpDef op_max_backward{
    .name = "max_backward",
    .doc = "dx = dy at the first element of x that equals the maximum (or minimum) y, else 0.",
    .source = "adjoint of max and min over axes",
    .types = [](const OpCall& call) { return reduction_adjoint_types(call, 3, 1); },
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.cmp = elements(call.out(0))}; },
    .slice =
        [](const OpCall& call, SliceStates& inputs) {
          return slice_reduction_adjoint(call, inputs, 1,
                                         "the first of several equal maxima is not known from one slice of them");
        },
    .gradient = max_backward_gradient,
    .reference = reference_of<MaxBackwardReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {3}}, {DType::float32, {3, 17}}, {DType::float32, {3}}},
                 ReductionAttributes{{1}},
                 {{Fill::normal}, {Fill::distinct}, {Fill::distinct}}},
                {{{DType::float32, {1, 4, 1, 1}}, {DType::float32, {3, 4, 5, 7}}, {DType::float32, {1, 4, 1, 1}}},
                 ReductionAttributes{{0, 2, 3}, true},
                 {{Fill::normal}, {Fill::distinct}, {Fill::distinct}}},
                {{{DType::float32, {31}}, {DType::float32, {3, 31}}, {DType::float32, {31}}},
                 ReductionAttributes{{0}},
                 {{Fill::normal}, {Fill::number, 0, 1}, {Fill::number, 0, 1}}}},
};

Value max_backward(Emitter& emitter, Value dy, Value x, Value y, ReductionAttributes attributes) {
  return emit_one(emitter, op_max_backward, std::move(attributes), Values{dy, x, y});
}

}  // namespace tacho
