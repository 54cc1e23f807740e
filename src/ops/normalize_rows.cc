#include "ops/normalize_rows.h"

#include "ops/add.h"
#include "ops/mul.h"
#include "ops/normalize_rows_backward.h"
#include "ops/row_geometry.h"

namespace tacho {
namespace {

struct NormalizeRowsReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<NormalizeRowsAttributes>();
    const Rows rows = rows_of(a, run.inputs[0].shape());
    const auto length = T(double(rows.length)), epsilon = T(a.epsilon);
    const T* x = run.in<T>(0);
    T* y = run.out<T>(0);
    T* inverse = run.out<T>(1);
    for (int64_t row = 0; row < rows.count; ++row, x += rows.length, y += rows.length) {
      if (a.center) center(x, y, rows.length);
      const T* from = a.center ? y : x;
      const T square = sum(rows.length, [from](int64_t i) { return from[i] * from[i]; }) / length;
      const T factor = T(1) / sqrt(square + epsilon);
      inverse[row] = factor;
      for (int64_t i = 0; i < rows.length; ++i) y[i] = from[i] * factor;
    }
  }

  template <class T>
  static void center(const T* x, T* y, int64_t n) {
    const T mean = sum(n, [x](int64_t i) { return x[i]; }) / T(double(n));
    for (int64_t i = 0; i < n; ++i) y[i] = x[i] - mean;
  }

  template <class Term>
  static auto sum(int64_t n, Term term) {
    using T = decltype(term(0));
    return reduce_terms<T>(n, term, [](T a, T b) { return a + b; });
  }
};

TensorTypes normalize_types(const OpCall& call) {
  const TensorType x = same_as_first(call)[0];
  expect(call.inputs.size() == 1, "expected one input, got ", call.inputs.size());
  const auto& a = call.attributes.as<NormalizeRowsAttributes>();
  expect(a.epsilon >= 0, "expected an epsilon of at least 0, got ", a.epsilon);
  rows_of(a, x.shape);
  return {x, {x.dtype, one_per_row(a, x.shape)}};
}

OpCount normalize_count(const OpCall& call) {
  const Expr rows = Expr::symbol("R"), length = Expr::symbol("L");
  const int64_t centred = call.attributes.as<NormalizeRowsAttributes>().center;
  // Mean square: L - 1 additions and epsilon's; centring: as many for the mean, and one an element.
  return {.mul = rows * 2 * length,
          .add = rows * (length + centred * (2 * length - 1)),
          .div = rows * (2 + centred),
          .transcendental = rows};
}

/// Through y by its own operation; through the inverse i, whose derivative is -i^2 y / L.
Values normalize_gradient(const GradientCall& g) {
  const auto& a = g.attributes.as<NormalizeRowsAttributes>();
  const Value y = g.outputs[0], inverse = g.outputs[1], dy = g.output_gradients[0], di = g.output_gradients[1];
  Value dx;
  if (dy) dx = normalize_rows_backward(g.emitter, dy, y, inverse, a);
  if (di) {
    const TensorType type = g.emitter.type(inverse);
    const double length = double(rows_of(a, g.emitter.type(y).shape).length);
    const Value part = mul(g.emitter, mul(g.emitter, inverse, inverse), g.emitter.splat(type, -1 / length));
    const Value through = mul(g.emitter, y, mul(g.emitter, di, part));
    dx = dx ? add(g.emitter, dx, through) : through;
  }
  return {dx};
}

}  // namespace

extern const OpDef op_normalize_rows{
    .name = "normalize_rows",
    .doc = "y = (x - mean) i with i = 1 / sqrt(mean of (x - mean)^2 + eps), over each row; without centring mean is 0.",
    .source = "Ba, Kiros and Hinton 2016 (layer), Zhang and Sennrich 2019 (RMS); without the factors behind it",
    .traits = Trait::reduction,
    .types = normalize_types,
    .dimensions = row_dimensions,
    .count = normalize_count,
    .slice = slice_leading_axes,
    .gradient = normalize_gradient,
    .reference = reference_of<NormalizeRowsReference>(),
    .may_alias = {0, -1},
    .samples = {{{{DType::float32, {3, 7}}}, NormalizeRowsAttributes{}, {}},
                {{{DType::float32, {2, 5, 67}}}, NormalizeRowsAttributes{1, 1e-3, false}, {}},
                {{{DType::float32, {2, 3, 5, 7}}}, NormalizeRowsAttributes{2}, {}},
                {{{DType::float32, {5, 3, 2, 3}}}, NormalizeRowsAttributes{3, 1e-6, false}, {}},
                {{{DType::float32, {31}}}, NormalizeRowsAttributes{}, {}},
                {{{DType::float32, {0, 4}}}, NormalizeRowsAttributes{}, {}},
                {{{DType::float32, {4, 1}}}, NormalizeRowsAttributes{1, 1e-2, false}, {}}},
};

NormalizedRows normalize_rows(Emitter& emitter, Value x, const NormalizeRowsAttributes& attributes) {
  const Values outputs = emitter.emit(op_normalize_rows, attributes, Values{x});
  return {outputs[0], outputs[1]};
}

}  // namespace tacho
