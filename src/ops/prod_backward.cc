#include "ops/prod_backward.h"

#include "ops/reduction_rules.h"

namespace tacho {
namespace {

struct ProdBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto [results, terms] = reduction_walks(attributes.as<ReductionAttributes>(), run.inputs[1].shape());
    if (run.inputs[1].elements() == 0) return;
    for_each_result(results, [&, &terms = terms](int64_t result, int64_t base) {
      one_result(terms, run.in<T>(0)[result], run.in<T>(1) + base, run.out<T>(0) + base);
    });
  }

  /// First the products of dy with the elements before each one, then, from the end, with those behind it.
  template <class T>
  static void one_result(const Walk<1>& terms, T dy, const T* x, T* dx) {
    const int64_t n = element_count(terms.extents);
    for (int64_t i = 0; i < n; ++i) {
      const int64_t at = place(terms, i);
      dx[at] = dy;
      if (i + 1 < n) dy = dy * x[at];
    }
    T behind = x[place(terms, n - 1)];
    for (int64_t i = n - 1; i-- > 0;) {
      const int64_t at = place(terms, i);
      dx[at] = dx[at] * behind;
      if (i > 0) behind = behind * x[at];
    }
  }

  /// Where term `i` lies.
  static int64_t place(const Walk<1>& terms, int64_t i) {
    int64_t at = 0;
    for (size_t axis = terms.extents.size(); axis-- > 0; i /= terms.extents[axis])
      at += i % terms.extents[axis] * terms.strides[0][axis];
    return at;
  }
};

/// The call as prod's of the same x, for its symbols.
OpCall of_x(const OpCall& call) { return {call.attributes, call.inputs.subspan(1), call.inputs.first(1)}; }

/// Per result of n terms: n - 1 products from either side, and n - 2 more to get from one to the next from the end.
OpCount prod_backward_count(const OpCall& call) {
  const ReductionCount c = reduction_count(of_x(call), call.attributes.as<ReductionAttributes>());
  return {.mul = 2 * c.combinations() + c.results * max(c.terms - 2, 0)};
}

}  // namespace

extern const OpDef op_prod_backward{
    .name = "prod_backward",
    .doc = "dx_i = dy times the product of all x_j, j other than i, over some axes.",
    .source = "adjoint of prod",
    .types = [](const OpCall& call) { return reduction_adjoint_types(call, 2, 1); },
    .dimensions = [](const OpCall& call) { return reduction_dimensions(of_x(call)); },
    .count = prod_backward_count,
    .slice =
        [](const OpCall& call, SliceStates& inputs) {
          return slice_reduction_adjoint(call, inputs, 1,
                                         "the product of the other elements is not known from one slice of them");
        },
    .reference = reference_of<ProdBackwardReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {3}}, {DType::float32, {3, 17}}}, ReductionAttributes{{1}}, {{}, {Fill::positive}}},
                {{{DType::float32, {1, 2, 1, 1}}, {DType::float32, {3, 2, 5, 2}}},
                 ReductionAttributes{{0, 2, 3}, true},
                 {{}, {Fill::positive}}},
                {{{DType::float32, {}}, {DType::float32, {37}}}, ReductionAttributes{}, {{}, {Fill::positive}}},
                {{{DType::float32, {31}}, {DType::float32, {1, 31}}}, ReductionAttributes{{0}}, {}},
                {{{DType::float32, {3}}, {DType::float32, {0, 3}}}, ReductionAttributes{{0}}, {}}},
};

Value prod_backward(Emitter& emitter, Value dy, Value x, ReductionAttributes attributes) {
  return emit_one(emitter, op_prod_backward, std::move(attributes), Values{dy, x});
}

}  // namespace tacho
