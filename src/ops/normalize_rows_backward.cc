#include "ops/normalize_rows_backward.h"

#include "ops/add.h"
#include "ops/div.h"
#include "ops/mean.h"
#include "ops/mul.h"
#include "ops/neg.h"
#include "ops/row_geometry.h"
#include "ops/sum.h"

namespace tacho {
namespace {

struct NormalizeRowsBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<NormalizeRowsAttributes>();
    const Rows rows = rows_of(a, run.inputs[0].shape());
    const auto length = T(double(rows.length));
    const T* dy = run.in<T>(0);
    const T* y = run.in<T>(1);
    const T* inverse = run.in<T>(2);
    T* dx = run.out<T>(0);
    const auto add = [](T p, T q) { return p + q; };
    for (int64_t row = 0; row < rows.count; ++row, dy += rows.length, y += rows.length, dx += rows.length) {
      const T along = reduce_terms<T>(
                          rows.length, [=](int64_t i) { return dy[i] * y[i]; }, add) /
                      length;
      const T factor = inverse[row];
      if (a.center) {
        const T mean = reduce_terms<T>(
                           rows.length, [=](int64_t i) { return dy[i]; }, add) /
                       length;
        for (int64_t i = 0; i < rows.length; ++i) dx[i] = factor * (dy[i] - mean - y[i] * along);
      } else {
        for (int64_t i = 0; i < rows.length; ++i) dx[i] = factor * (dy[i] - y[i] * along);
      }
    }
  }
};

TensorTypes normalize_rows_backward_types(const OpCall& call) {
  expect(call.inputs.size() == 3, "expected 3 inputs, got ", call.inputs.size());
  const TensorType &dy = call.inputs[0], &inverse = call.inputs[2];
  expect(is_floating(dy.dtype) && call.inputs[1] == dy, "expected dy and y of one floating type, got ", dy, " and ",
         call.inputs[1]);
  const auto& a = call.attributes.as<NormalizeRowsAttributes>();
  rows_of(a, dy.shape);
  const TensorType expected{dy.dtype, one_per_row(a, dy.shape)};
  expect(inverse == expected, "expected one inverse a row (", expected, "), got ", inverse);
  return {dy};
}

OpCount normalize_rows_backward_count(const OpCall& call) {
  const Expr rows = Expr::symbol("R"), length = Expr::symbol("L");
  const int64_t centred = call.attributes.as<NormalizeRowsAttributes>().center;
  return {.mul = rows * 3 * length, .add = rows * ((2 * length - 1) * (1 + centred)), .div = rows * (1 + centred)};
}

/// dx = i (dy - m(dy) - y s) with s = m(dy y) and m the row's mean: linear and symmetric in dy; for y and i by the
/// product rule.
Values normalize_rows_backward_gradient(const GradientCall& g) {
  const auto& a = g.attributes.as<NormalizeRowsAttributes>();
  Emitter& e = g.emitter;
  const Value dy = g.inputs[0], y = g.inputs[1], inverse = g.inputs[2], ddx = g.output_gradients[0];
  ReductionAttributes row{.axes = {}, .keep_dimensions = true};
  for (int64_t axis = -a.axes; axis < 0; ++axis) row.axes.push_back(axis);
  Values result{Value{}, Value{}, Value{}};
  if (g.wanted[0]) result[0] = normalize_rows_backward(e, ddx, y, inverse, a);
  if (g.wanted[1]) {
    const Value s = mean(e, mul(e, dy, y), row), t = mean(e, mul(e, ddx, y), row);
    result[1] = neg(e, mul(e, inverse, add(e, mul(e, ddx, s), mul(e, dy, t))));
  }
  if (g.wanted[2]) result[2] = sum(e, div(e, mul(e, ddx, g.outputs[0]), inverse), row);
  return result;
}

Sample normalize_rows_backward_sample(const Shape& shape, const NormalizeRowsAttributes& a) {
  const TensorType type{DType::float32, shape};
  return {{type, type, {DType::float32, one_per_row(a, shape)}}, a, {{Fill::normal}, {Fill::normal}, {Fill::positive}}};
}

}  // namespace

extern const OpDef op_normalize_rows_backward{
    .name = "normalize_rows_backward",
    .doc = "dx = i (dy - mean of dy - y (mean of dy y)) over each row; without centring the mean of dy is left out.",
    .source = "derivative of normalize_rows",
    .traits = Trait::reduction,
    .types = normalize_rows_backward_types,
    .dimensions = row_dimensions,
    .count = normalize_rows_backward_count,
    .slice = slice_leading_axes,
    .gradient = normalize_rows_backward_gradient,
    .reference = reference_of<NormalizeRowsBackwardReference>(),
    .may_alias = {0},
    .samples = {normalize_rows_backward_sample({3, 7}, {}),
                normalize_rows_backward_sample({2, 5, 67}, {1, 1e-3, false}),
                normalize_rows_backward_sample({2, 3, 5, 7}, {2}),
                normalize_rows_backward_sample({5, 3, 2, 3}, {3, 1e-6, false}),
                normalize_rows_backward_sample({31}, {}), normalize_rows_backward_sample({0, 4}, {}),
                normalize_rows_backward_sample({4, 1}, {1, 1e-2, false})},
};

Value normalize_rows_backward(Emitter& emitter, Value dy, Value y, Value inverse,
                              const NormalizeRowsAttributes& attributes) {
  return emit_one(emitter, op_normalize_rows_backward, attributes, Values{dy, y, inverse});
}

}  // namespace tacho
