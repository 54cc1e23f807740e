#include <utility>

#include "backends/simd/elementwise.h"
#include "backends/simd/targets.h"
#include "ops/gelu_terms.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/elementwise_kernels.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/elements-inl.h"
#include "backends/simd/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

using E = Elementwise;

/// As the reference's max and min: the first operand where they are equal or one is no number.
template <class V>
HWY_INLINE V larger(V a, V b) {
  return hn::IfThenElse(hn::Lt(a, b), b, a);
}
template <class V>
HWY_INLINE V smaller(V a, V b) {
  return hn::IfThenElse(hn::Lt(b, a), b, a);
}

/// tanh of gelu's cubic at x, and the square of x.
template <class D, class V>
HWY_INLINE V gelu_by_tanh_at(D d, V x, V square) {
  const V slope = hn::MulAdd(hn::Set(d, kGeluCubic), square, hn::Set(d, kGeluLinear));
  return hyperbolic_tangent(d, hn::Mul(x, slope));
}

/// What an operation of one operand makes of x.
template <E kOp, class D, class V>
HWY_INLINE V of_one(D d, const V (&p)[2], V x) {
  const V zero = hn::Zero(d), one = hn::Set(d, 1), half = hn::Set(d, 0.5);
  const auto positive = hn::Gt(x, zero);
  if constexpr (kOp == E::relu) return hn::IfThenZeroElse(hn::Lt(x, zero), x);  // NaN stays
  if constexpr (kOp == E::leaky_relu) return hn::IfThenElse(positive, x, hn::Mul(p[0], x));
  if constexpr (kOp == E::elu)
    return hn::IfThenElse(positive, hn::Mul(p[0], x), hn::Mul(p[1], exponential_less_one(d, x)));
  if constexpr (kOp == E::gelu) return hn::Mul(x, normal_share(d, x));
  if constexpr (kOp == E::gelu_tanh)
    return hn::Mul(hn::Mul(half, x), hn::Add(one, gelu_by_tanh_at(d, x, hn::Mul(x, x))));
  if constexpr (kOp == E::silu) return hn::Div(x, hn::Add(one, exponential(d, hn::Neg(x))));
  if constexpr (kOp == E::softplus) {
    const V t = hn::Mul(p[0], x);
    const V rest = logarithm_of_one_more(d, exponential(d, smaller(t, hn::Neg(t))));
    return hn::Div(hn::Add(larger(t, zero), rest), p[0]);
  }
  if constexpr (kOp == E::hardswish)
    return hn::Mul(x, smaller(larger(hn::MulAdd(hn::Set(d, 1.0 / 6), x, half), zero), one));
  if constexpr (kOp == E::sigmoid) return sigmoid(d, x);
  if constexpr (kOp == E::tanh) return hyperbolic_tangent(d, x);
  if constexpr (kOp == E::clip) return smaller(larger(x, p[0]), p[1]);
  if constexpr (kOp == E::exp) return exponential(d, x);
  if constexpr (kOp == E::log) return logarithm(d, x);
  if constexpr (kOp == E::sqrt) return hn::Sqrt(x);
  if constexpr (kOp == E::rsqrt) return hn::Div(one, hn::Sqrt(x));
  if constexpr (kOp == E::abs) return hn::Abs(x);
  if constexpr (kOp == E::neg) return hn::Neg(x);
  if constexpr (kOp == E::sign) return hn::IfThenElse(positive, one, hn::IfThenElseZero(hn::Lt(x, zero), hn::Neg(one)));
}

/// The gradient dx from dy and x, or dy and y.
template <E kOp, class D, class V>
HWY_INLINE V gradient_of(D d, const V (&p)[2], V dy, V x) {
  const V zero = hn::Zero(d), one = hn::Set(d, 1), half = hn::Set(d, 0.5);
  const auto positive = hn::Gt(x, zero);
  if constexpr (kOp == E::relu_backward) return hn::IfThenElseZero(positive, dy);
  if constexpr (kOp == E::leaky_relu_backward) return hn::IfThenElse(positive, dy, hn::Mul(p[0], dy));
  if constexpr (kOp == E::elu_backward) return hn::Mul(dy, hn::IfThenElse(positive, p[0], hn::Add(x, p[1])));
  if constexpr (kOp == E::gelu_backward) {
    const NormalShare<V> share = normal_share_and_power(d, x);
    return hn::Mul(dy, hn::MulAdd(x, hn::Mul(hn::Set(d, kNormalPeak), share.power), share.below));
  }
  if constexpr (kOp == E::gelu_tanh_backward) {
    const V square = hn::Mul(x, x), t = gelu_by_tanh_at(d, x, square);
    const V slope = hn::MulAdd(hn::Set(d, 3 * kGeluCubic), square, hn::Set(d, kGeluLinear));
    const V through = hn::Mul(hn::Mul(half, x), hn::Mul(hn::NegMulAdd(t, t, one), slope));
    return hn::Mul(dy, hn::MulAdd(half, hn::Add(one, t), through));
  }
  if constexpr (kOp == E::silu_backward) {
    const V s = sigmoid(d, x);
    return hn::Mul(dy, hn::Mul(s, hn::MulAdd(x, hn::Sub(one, s), one)));
  }
  if constexpr (kOp == E::hardswish_backward) {
    const V three = hn::Set(d, 3);
    const V inside = hn::IfThenElse(hn::Gt(x, three), one, hn::MulAdd(hn::Set(d, 1.0 / 3), x, half));
    return hn::Mul(dy, hn::IfThenElse(hn::Gt(hn::Neg(three), x), zero, inside));
  }
  if constexpr (kOp == E::sigmoid_backward) return hn::Mul(dy, hn::Mul(x, hn::Sub(one, x)));
  if constexpr (kOp == E::tanh_backward) return hn::Mul(dy, hn::NegMulAdd(x, x, one));
  if constexpr (kOp == E::clip_backward)
    return hn::IfThenZeroElse(hn::Gt(p[0], x), hn::IfThenZeroElse(hn::Gt(x, p[1]), dy));
  if constexpr (kOp == E::clip_backward_open) return hn::IfThenElseZero(hn::And(hn::Gt(x, p[0]), hn::Gt(p[1], x)), dy);
}

template <E kOp, class V>
HWY_INLINE V of_both(V a, V b) {
  if constexpr (kOp == E::add) return hn::Add(a, b);
  if constexpr (kOp == E::sub) return hn::Sub(a, b);
  if constexpr (kOp == E::mul) return hn::Mul(a, b);
  if constexpr (kOp == E::div) return hn::Div(a, b);
  if constexpr (kOp == E::minimum) return smaller(a, b);
  if constexpr (kOp == E::maximum) return larger(a, b);
}

template <E kOp, Spread kSpread, class T>
void each(const double* numbers, const T* a, const T* b, T* y, int64_t n) {
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;
  const V p[2] = {hn::Set(D(), T(numbers[0])), hn::Set(D(), T(numbers[1]))};
  const auto result = [&](V left, V right) HWY_ATTR {
    if constexpr (!of_two(kOp)) return of_one<kOp>(D(), p, left);
    else if constexpr (kOp < E::add) return gradient_of<kOp>(D(), p, left, right);
    else return of_both<kOp>(left, right);
  };
  if constexpr (kSpread == Spread::none) {
    const T* in[2] = {a, b};
    constexpr size_t kOperands = of_two(kOp) ? 2 : 1;
    for_elements<T, kOperands, 1>(in, &y, n, [&](auto, V* v) HWY_ATTR { v[0] = result(v[0], v[kOperands - 1]); });
  } else if constexpr (kSpread == Spread::first) {
    const V left = hn::Set(D(), *a);
    for_elements<T, 1, 1>(&b, &y, n, [&](auto, V* v) HWY_ATTR { v[0] = result(left, v[0]); });
  } else {
    const V right = hn::Set(D(), *b);
    for_elements<T, 1, 1>(&a, &y, n, [&](auto, V* v) HWY_ATTR { v[0] = result(v[0], right); });
  }
}

template <E kOp, class T>
constexpr void fill(ElementwiseFunction<T> (&row)[kSpreads]) {
  row[0] = &each<kOp, Spread::none, T>;
  if constexpr (of_two(kOp)) row[1] = &each<kOp, Spread::first, T>, row[2] = &each<kOp, Spread::second, T>;
}

template <size_t... kOps>
constexpr ElementwiseFunctions all(std::index_sequence<kOps...>) {
  ElementwiseFunctions functions{};
  (fill<E(kOps), float>(functions.f32[kOps]), ...);
  (fill<E(kOps), double>(functions.f64[kOps]), ...);
  return functions;
}

}  // namespace

const ElementwiseFunctions* elementwise_table() {
  static constexpr ElementwiseFunctions kFunctions = all(std::make_index_sequence<kElementwise>());
  return &kFunctions;
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(elementwise_table);

const ElementwiseFunctions& elementwise_functions() { return *HWY_DYNAMIC_DISPATCH(elementwise_table)(); }

}  // namespace tacho::simd
#endif
