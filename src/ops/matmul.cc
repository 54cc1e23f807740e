#include "ops/matmul.h"

#include "op/rules.h"
#include "op/scalar.h"
#include "ops/expand.h"
#include "ops/matmul_product.h"
#include "ops/sum.h"

namespace tacho {
namespace {

/// The extents of one call, and how to step through the batch.
struct Geometry {
  int64_t m = 0, n = 0, k = 0;
  Shape batch;               ///< broadcast batch axes
  Shape stride_a, stride_b;  ///< elements per step of each batch axis; 0 where it broadcasts
  int64_t contracted = 1;    ///< product of the contracted extents
  int64_t kept = 1;          ///< product of the others
};

Geometry matmul_geometry(const MatmulAttributes& a, const Shape& x, const Shape& y) {
  expect(x.size() >= 2 && y.size() >= 2, "expected matrices (rank 2 or more)");
  Geometry g;
  const size_t rx = x.size(), ry = y.size();
  g.m = a.transpose_a ? x[rx - 1] : x[rx - 2];
  g.k = a.transpose_a ? x[rx - 2] : x[rx - 1];
  g.n = a.transpose_b ? y[ry - 2] : y[ry - 1];
  const int64_t k2 = a.transpose_b ? y[ry - 1] : y[ry - 2];
  expect(g.k == k2, "expected equal inner extents, got ", g.k, " and ", k2);
  g.batch = broadcast(batch_of(x), batch_of(y));
  expect(a.contracted >= 0 && a.contracted <= int64_t(g.batch.size()), "contracted exceeds the number of batch axes");
  g.stride_a = batch_strides(x, g.batch);
  g.stride_b = batch_strides(y, g.batch);
  for (size_t i = 0; i < g.batch.size(); ++i) (int64_t(i) < a.contracted ? g.contracted : g.kept) *= g.batch[i];
  return g;
}

struct MatmulReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<MatmulAttributes>();
    const Geometry g = matmul_geometry(a, run.inputs[0].shape(), run.inputs[1].shape());
    const size_t contracted = size_t(a.contracted);
    T* c = run.out<T>(0);
    if (g.contracted * g.k == 0) return empty_sum(c, run.outputs[0].elements());
    with_factors(a.products, [&](auto factor) {
      for (int64_t kept = 0; kept < g.kept; ++kept, c += g.m * g.n)
        for (int64_t flat = 0; flat < g.contracted; ++flat) {
          const T* x = run.in<T>(0) + batch_offset(kept, g.batch, g.stride_a, contracted, g.batch.size()) +
                       batch_offset(flat, g.batch, g.stride_a, 0, contracted);
          const T* y = run.in<T>(1) + batch_offset(kept, g.batch, g.stride_b, contracted, g.batch.size()) +
                       batch_offset(flat, g.batch, g.stride_b, 0, contracted);
          product(a, g, x, y, c, flat == 0, factor);
        }
    });
  }

  /// C (+)= A B. The k loop is outside the n loop, so that the inner loop runs along rows where B is not transposed.
  template <class T, class Factor>
  static void product(const MatmulAttributes& a, const Geometry& g, const T* x, const T* y, T* c, bool first,
                      Factor factor) {
    for (int64_t i = 0; i < g.m; ++i, c += g.n) {
      for (int64_t p = 0; p < g.k; ++p) {
        const T left = factor(a.transpose_a ? x[p * g.m + i] : x[i * g.k + p]);
        if (first && p == 0)
          for (int64_t j = 0; j < g.n; ++j) c[j] = left * factor(a.transpose_b ? y[j * g.k + p] : y[p * g.n + j]);
        else
          for (int64_t j = 0; j < g.n; ++j) c[j] += left * factor(a.transpose_b ? y[j * g.k + p] : y[p * g.n + j]);
      }
    }
  }

  template <class T>
  static void empty_sum(T* c, int64_t n) {
    for (int64_t i = 0; i < n; ++i) c[i] = T(0);
  }
};

TensorTypes matmul_types(const OpCall& call) {
  const auto& a = call.attributes.as<MatmulAttributes>();
  expect(call.inputs.size() == 2 && call.inputs[0].dtype == call.inputs[1].dtype, "expected two matrices of one dtype");
  const Geometry g = matmul_geometry(a, call.in(0), call.in(1));
  TensorType out{call.inputs[0].dtype, Shape(g.batch.begin() + a.contracted, g.batch.end())};
  out.shape.push_back(g.m);
  out.shape.push_back(g.n);
  return {out};
}

Bindings matmul_dimensions(const OpCall& call) {
  const Geometry g = matmul_geometry(call.attributes.as<MatmulAttributes>(), call.in(0), call.in(1));
  Bindings b;
  b.set("m", g.m), b.set("n", g.n), b.set("k", g.k), b.set("b", g.kept), b.set("s", g.contracted);
  return b;
}

/// b products of m x k by k x n; s contracted ones lengthen the sum to s*k terms.
OpCount matmul_count(const OpCall& call) {
  const auto& a = call.attributes.as<MatmulAttributes>();
  const Expr m = Expr::symbol("m"), n = Expr::symbol("n"), k = Expr::symbol("k");
  const bool batched = std::max(call.in(0).size(), call.in(1).size()) - 2 > size_t(a.contracted);
  const Expr b = batched ? Expr::symbol("b") : Expr(1);
  const Expr s = a.contracted ? Expr::symbol("s") : Expr(1);
  return {.mul = b * m * n * s * k, .add = b * m * n * max(s * k - 1, 0)};
}

/// What an input's sliced axis is to the product: a batch axis (counted in the broadcast batch), m, k or n.
struct AxisRole {
  enum Kind { none, batch, m, k, n } kind = none;
  int64_t batch_axis = 0;
  friend bool operator==(const AxisRole&, const AxisRole&) = default;
};

AxisRole role_of(const OpCall& call, const SliceStates& inputs, size_t which, int64_t batch_rank) {
  if (inputs[which].kind != SliceState::sliced) return {};
  const auto& a = call.attributes.as<MatmulAttributes>();
  const int64_t rank = int64_t(call.in(which).size()), axis = inputs[which].axis;
  if (axis < rank - 2) return {AxisRole::batch, axis + batch_rank - (rank - 2)};
  const bool last = axis == rank - 1;
  if (which == 0) return {last != a.transpose_a ? AxisRole::k : AxisRole::m, 0};
  return {last != a.transpose_b ? AxisRole::n : AxisRole::k, 0};
}

SliceStates matmul_slice(const OpCall& call, SliceStates& inputs) {
  const auto& a = call.attributes.as<MatmulAttributes>();
  for (const SliceState& state : inputs)
    if (state.kind == SliceState::partial)
      return all_outputs(call, SliceState::Refused("reads a value that is still partial"));
  const int64_t ranks[2] = {int64_t(call.in(0).size()), int64_t(call.in(1).size())};
  const int64_t batch_rank = std::max(ranks[0], ranks[1]) - 2;
  const AxisRole roles[2] = {role_of(call, inputs, 0, batch_rank), role_of(call, inputs, 1, batch_rank)};
  const AxisRole role = roles[0].kind != AxisRole::none ? roles[0] : roles[1];
  if (role.kind == AxisRole::none) return all_outputs(call, SliceState::Whole());
  if (roles[0].kind != AxisRole::none && roles[1].kind != AxisRole::none && roles[0] != roles[1])
    return all_outputs(call, SliceState::Refused("the factors are sliced along different axes"));
  const int64_t out_rank = int64_t(call.out(0).size());
  if (role.kind == AxisRole::m) return {SliceState::Sliced(out_rank - 2)};
  if (role.kind == AxisRole::n) return {SliceState::Sliced(out_rank - 1)};
  if (role.kind == AxisRole::k) {
    inputs[0] = SliceState::Sliced(a.transpose_a ? ranks[0] - 2 : ranks[0] - 1);
    inputs[1] = SliceState::Sliced(a.transpose_b ? ranks[1] - 1 : ranks[1] - 2);
    return {SliceState::Partial(PartialKind::sum)};
  }
  int64_t extent = 1;
  const auto own_axis = [&](size_t which) { return role.batch_axis - (batch_rank - (ranks[which] - 2)); };
  for (size_t which = 0; which < 2; ++which)
    if (own_axis(which) >= 0) extent = std::max(extent, call.in(which)[size_t(own_axis(which))]);
  for (size_t which = 0; which < 2; ++which)
    if (own_axis(which) >= 0 && call.in(which)[size_t(own_axis(which))] == extent)
      inputs[which] = SliceState::Sliced(own_axis(which));
  if (role.batch_axis < a.contracted) return {SliceState::Partial(PartialKind::sum)};
  return {SliceState::Sliced(role.batch_axis - a.contracted)};
}

/// A gradient in the operand's own shape: repeated along contracted axes that only this operand has, summed over those
/// that it lacks.
Value fit(Emitter& emitter, Value gradient, const Shape& own) {
  const Shape common = broadcast(emitter.type(gradient).shape, own);
  return sum_to(emitter, expand(emitter, gradient, common), own);
}

/// dA = dC B^T and dB = A^T dC, transposed as the attributes say; where an operand is shared by the whole batch, its
/// gradient is one product contracted over the batch.
Values matmul_gradient(const GradientCall& g) {
  const auto& a = g.attributes.as<MatmulAttributes>();
  const Value x = g.inputs[0], y = g.inputs[1];
  Value dc = g.output_gradients[0];
  const Shape sx = g.emitter.type(x).shape, sy = g.emitter.type(y).shape;
  const size_t batch_rank = std::max(sx.size(), sy.size()) - 2;
  // A contracted axis gives every one of its products the same dC: the batch axes broadcast against it.
  const auto contracted_for = [&](const Shape& own) -> int64_t {
    return own.size() == 2 && a.contracted == 0 ? int64_t(batch_rank) : 0;
  };
  Values result{Value{}, Value{}};
  if (g.wanted[0]) {
    const int64_t c = contracted_for(sx);
    const Value dx = a.transpose_a ? matmul(g.emitter, y, dc, {a.transpose_b, true, c, a.products})
                                   : matmul(g.emitter, dc, y, {false, !a.transpose_b, c, a.products});
    result[0] = fit(g.emitter, dx, sx);
  }
  if (g.wanted[1]) {
    const int64_t c = contracted_for(sy);
    const Value dy = a.transpose_b ? matmul(g.emitter, dc, x, {true, a.transpose_a, c, a.products})
                                   : matmul(g.emitter, x, dc, {!a.transpose_a, false, c, a.products});
    result[1] = fit(g.emitter, dy, sy);
  }
  return result;
}

}  // namespace

extern const OpDef op_matmul{
    .name = "matmul",
    .doc = "C = A B over the last two axes, batched over the others; `contracted` leading batch axes are summed over.",
    .source = "standard matrix multiplication of the system-design document: mnk multiplications, mn(k-1) additions",
    .traits = Trait::product,
    .types = matmul_types,
    .dimensions = matmul_dimensions,
    .count = matmul_count,
    .slice = matmul_slice,
    .gradient = matmul_gradient,
    .reference = reference_of<MatmulReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {3, 5}}, {DType::float32, {5, 4}}}, MatmulAttributes{}, {}},
            {{{DType::float32, {17, 31}}, {DType::float32, {31, 3}}}, MatmulAttributes{}, {}},
            {{{DType::float32, {5, 3}}, {DType::float32, {4, 5}}}, MatmulAttributes{true, true}, {}},
            {{{DType::float32, {4, 3, 5}}, {DType::float32, {4, 5, 2}}}, MatmulAttributes{}, {}},
            {{{DType::float32, {3, 5}}, {DType::float32, {4, 5, 2}}}, MatmulAttributes{}, {}},
            {{{DType::float32, {4, 3, 5}}, {DType::float32, {4, 2, 5}}}, MatmulAttributes{false, true, 1}, {}},
            {{{DType::float32, {2, 3, 4, 5}}, {DType::float32, {2, 3, 5, 2}}}, MatmulAttributes{false, false, 1}, {}},
            {{{DType::float32, {2, 3, 5, 4}}, {DType::float32, {3, 2, 5}}}, MatmulAttributes{true, true, 2}, {}},
            {{{DType::float32, {1, 3, 5}}, {DType::float32, {4, 5, 2}}}, MatmulAttributes{}, {}},
            {{{DType::float32, {3, 0}}, {DType::float32, {0, 2}}}, MatmulAttributes{}, {}},
            {{{DType::float32, {1, 1}}, {DType::float32, {1, 1}}}, MatmulAttributes{}, {}},
        },
};

Value matmul(Emitter& emitter, Value a, Value b, MatmulAttributes attributes) {
  return emit_one(emitter, op_matmul, attributes, Values{a, b});
}

}  // namespace tacho
