#include "ops/prod_backward.h"

#include <numeric>

#include "ops/add.h"
#include "ops/concat.h"
#include "ops/mul.h"
#include "ops/reduction_rules.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"

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

/// A value and how fast it changes as x moves along some direction; absent where it stands still.
struct Moving {
  Value value, slope;
};

Moving product(Emitter& e, const Moving& a, const Moving& b) {
  Value slope;
  if (a.slope) slope = mul(e, a.slope, b.value);
  if (b.slope) {
    const Value other = mul(e, a.value, b.slope);
    slope = slope ? add(e, slope, other) : other;
  }
  return {mul(e, a.value, b.value), slope};
}

/// `count` columns of a matrix from `first` on.
Moving columns(Emitter& e, const Moving& x, int64_t first, int64_t count) {
  return {slice_axis(e, x.value, 1, first, count), slice_axis(e, x.slope, 1, first, count)};
}

Moving beside(Emitter& e, const Moving& a, const Moving& b) {
  return {concat(e, Values{a.value, b.value}, 1), concat(e, Values{a.slope, b.slope}, 1)};
}

/// Of each row of x (R x n, n >= 2), at each place: `outside` (R x 1) times the other elements of the row. Halving the
/// row, an element's others are its partner in the other half and the other pairs: about 9 n products and no division.
Moving others(Emitter& e, const Moving& x, const Moving& outside) {
  const int64_t n = e.type(x.value).shape[1], half = n / 2;
  const Moving left = columns(e, x, 0, half), right = columns(e, x, half, half);
  if (n == 2) return beside(e, product(e, outside, right), product(e, outside, left));
  Moving pairs = product(e, left, right);
  if (n % 2 != 0) pairs = beside(e, pairs, columns(e, x, n - 1, 1));  // the last element without a partner
  const Moving around = others(e, pairs, outside), inner = n % 2 != 0 ? columns(e, around, 0, half) : around;
  const Moving both = beside(e, product(e, inner, right), product(e, inner, left));
  return n % 2 != 0 ? beside(e, both, columns(e, around, half, 1)) : both;
}

/// How prod_backward's result changes as x moves along d, which by symmetry is the gradient of <d, result> in x. As
/// sums of products of what there is, so that it has gradients of every order, also where elements are 0.
Value gradient_in_x(const GradientCall& g) {
  Emitter& e = g.emitter;
  const Value dy = g.inputs[0], x = g.inputs[1];
  const Shape shape = e.type(x).shape;
  const auto& a = g.attributes.as<ReductionAttributes>();
  const int64_t terms = reduced_elements(a, shape);
  if (terms < 2 || element_count(shape) == 0) return {};  // no other elements
  const ReducedAxes reduced = reduced_axes(a, shape.size());
  std::vector<int64_t> order(shape.size()), back(shape.size()), ordered;  // kept axes first
  std::iota(order.begin(), order.end(), 0);
  std::stable_partition(order.begin(), order.end(), [&](int64_t axis) { return !reduced[size_t(axis)]; });
  for (size_t i = 0; i < order.size(); ++i) {
    back[size_t(order[i])] = int64_t(i);
    ordered.push_back(shape[size_t(order[i])]);
  }
  const int64_t rows = element_count(shape) / terms;
  const auto permuted = [&](Value v, const std::vector<int64_t>& axes) {
    return std::is_sorted(axes.begin(), axes.end()) ? v : transpose(e, v, axes);
  };
  const auto as_rows = [&](Value v) { return reshape(e, permuted(v, order), {rows, terms}); };
  const Moving moving{as_rows(x), as_rows(g.output_gradients[0])};
  const Value slope = others(e, moving, {reshape(e, dy, {rows, 1}), Value{}}).slope;
  return permuted(reshape(e, slope, ordered), back);
}

/// In dy: the sum of d_i times the product of all x_j, j other than i.
Values prod_backward_gradient(const GradientCall& g) {
  Emitter& e = g.emitter;
  const Value dy = g.inputs[0], x = g.inputs[1];
  const auto& a = g.attributes.as<ReductionAttributes>();
  Values result{Value{}, Value{}};
  if (g.wanted[0]) {
    const Value products = prod_backward(e, e.splat(e.type(dy), 1), x, a);
    result[0] = sum(e, mul(e, g.output_gradients[0], products), a);
  }
  if (g.wanted[1]) result[1] = gradient_in_x(g);
  return result;
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
    .gradient = prod_backward_gradient,
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
