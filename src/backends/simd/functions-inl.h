// Functions of each element, with their errors; functions_test.cc measures every bound that stands here. Highway's
// where they are quick and exact enough, made safe for infinities and NaN, which it leaves open. Included once per
// target.
#if defined(TACHO_SIMD_FUNCTIONS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_FUNCTIONS_INL_H
#undef TACHO_SIMD_FUNCTIONS_INL_H
#else
#define TACHO_SIMD_FUNCTIONS_INL_H
#endif

#include <hwy/contrib/math/math-inl.h>

#include <iterator>
#include <limits>

#include "backends/simd/bounds-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D, class V = hn::Vec<D>>
HWY_INLINE V infinity(D d) {
  return hn::Set(d, std::numeric_limits<hn::TFromD<D>>::infinity());
}

/// Even and odd powers side by side: half the latency of one chain.
template <class D, class T, size_t n, class V = hn::Vec<D>>
HWY_INLINE V polynomial(D d, const T (&c)[n], V x) {
  const V square = hn::Mul(x, x);
  constexpr size_t kEven = n % 2 ? n - 1 : n - 2, kOdd = n % 2 ? n - 2 : n - 1;
  V even = hn::Set(d, c[kEven]), odd = hn::Set(d, c[kOdd]);
  for (size_t i = kEven; i >= 2; i -= 2) even = hn::MulAdd(even, square, hn::Set(d, c[i - 2]));
  for (size_t i = kOdd; i >= 3; i -= 2) odd = hn::MulAdd(odd, square, hn::Set(d, c[i - 2]));
  return hn::MulAdd(odd, x, even);
}

/// exp(r) = 1 + r + r^2 (c0 + c1 r + ...) for |r| up to ln 2 / 2: minimax with errors of exp(r) - 1 of 2^-26.1 and
/// 2^-55.6. Highway's exp takes half as long again: it also rounds results below the smallest normal number.
template <class T>
struct Exponential;
template <>
struct Exponential<float> {
  static constexpr float kRounding = 12582912;  ///< 1.5 2^23: adding it leaves an integer in the last bits
  static constexpr float kHigh = 0.693359375f,
                         kLow = -2.12194440e-4f;                 ///< ln 2; products of the first with n are exact
  static constexpr float kMost = 88.72283f, kLeast = -87.3365f;  ///< logarithms of the largest, smallest normal
  static constexpr float kTerms[] = {0.5000000063f, 0.1666654171f, 0.04166627818f, 0.008366756168f, 0.001394673687f};
};
template <>
struct Exponential<double> {
  static constexpr double kRounding = 6755399441055744;
  static constexpr double kHigh = 6.93147180369123816490e-1, kLow = 1.90821492927058770002e-10;
  static constexpr double kMost = 709.782712893383, kLeast = -708.396;
  static constexpr double kTerms[] = {0.500000000000000577,     0.166666666666666772,   0.0416666666665711143,
                                      0.00833333333332117403,   0.00138888889331955335, 0.000198412698872959519,
                                      0.0000248015034529361236, 2.75572430079007341e-6, 2.76267282959407199e-7,
                                      2.51094656313380375e-8};
};

/// exp(x) = 2^n (1 + less_one), n in the last bits of `rounded`.
template <class V>
struct Power {
  V less_one, rounded;
};
template <class D, class V = hn::Vec<D>>
HWY_INLINE Power<V> power_of(D d, V x) {
  using K = Exponential<hn::TFromD<D>>;
  const V rounding = hn::Set(d, K::kRounding);
  const V rounded = hn::MulAdd(x, hn::Set(d, 1.4426950408889634), rounding), n = hn::Sub(rounded, rounding);
  const V rest = hn::NegMulAdd(n, hn::Set(d, K::kLow), hn::NegMulAdd(n, hn::Set(d, K::kHigh), x));
  return {hn::MulAdd(hn::Mul(rest, rest), polynomial(d, K::kTerms, rest), rest), rounded};
}

/// x 2^n; both normal.
template <class D, class V>
HWY_INLINE V times_power(D d, V x, V rounded) {
  using T = hn::TFromD<D>;
  const hn::RebindToSigned<D> di;
  constexpr int kMantissa = sizeof(T) == 4 ? 23 : 52;
  return hn::BitCast(d, hn::Add(hn::BitCast(di, x), hn::ShiftLeft<kMantissa>(hn::BitCast(di, rounded))));
}

/// exp(x) where it is a normal number.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V normal_exponential(D d, V x) {
  const Power<V> power = power_of(d, x);
  return times_power(d, hn::Add(power.less_one, hn::Set(d, 1)), power.rounded);
}

/// exp(x), within 2 units in the last place; infinite above the largest number, 0 below the smallest normal one.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exponential(D d, V x) {
  using K = Exponential<hn::TFromD<D>>;
  // Where x is no number or too large, x + infinity is what it shall be.
  const V y = hn::IfThenElse(hn::Le(x, hn::Set(d, K::kMost)), normal_exponential(d, x), hn::Add(x, infinity(d)));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, K::kLeast)), y);
}

/// exp(x) - 1 for x up to 80, within 3 units in the last place.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exponential_less_one(D d, V x) {
  const V one = hn::Set(d, 1);
  const Power<V> power = power_of(d, x);
  const V scale = times_power(d, one, power.rounded);
  const V y = hn::MulAdd(scale, power.less_one, hn::Sub(scale, one));
  return hn::IfThenElse(hn::Lt(x, hn::Set(d, -80)), hn::Neg(one), y);
}

/// log(x), within 2 units in the last place; -inf at 0, NaN below.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V logarithm(D d, V x) {
  const V zero = hn::Zero(d), inf = infinity(d);
  const V outside = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(inf), hn::NaN(d));
  return hn::IfThenElse(hn::Eq(x, inf), inf, hn::IfThenElse(hn::Gt(x, zero), hn::Log(d, x), outside));
}

/// log(1 + x) = 2 s + s^3 (c0 + c1 s^2 + ...), s = x / (2 + x): minimax for x in [0, 1], errors 2^-26.7 and 2^-58.4.
template <class T>
struct LogarithmOfOneMore;
template <>
struct LogarithmOfOneMore<float> {
  static constexpr float kTerms[] = {0.6666641313f, 0.4002169897f, 0.2799914288f, 0.2802444893f};
};
template <>
struct LogarithmOfOneMore<double> {
  static constexpr double kTerms[] = {
      0.666666666666663038, 0.400000000001572259, 0.28571428547855993,  0.222222239695941191,  0.18181743930187811,
      0.153865597993829691, 0.133009753697555853, 0.121060709241920768, 0.0834017340833224595, 0.170184338714903421};
};

/// log(1 + x) for x in [0, 1], within 3 units in the last place.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V logarithm_of_one_more(D d, V x) {
  const V s = hn::Div(x, hn::Add(x, hn::Set(d, 2))), square = hn::Mul(s, s);
  const V rest = polynomial(d, LogarithmOfOneMore<hn::TFromD<D>>::kTerms, square);
  return hn::MulAdd(hn::Mul(square, rest), s, hn::Add(s, s));
}

/// 1 / (1 + exp(-x)), within 3 units in the last place; NaN stays.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid(D d, V x) {
  const V one = hn::Set(d, 1);
  return hn::Div(one, hn::Add(one, exponential(d, hn::Neg(x))));
}

/// tanh(x) = h / (h + 1) with h = (exp(2 x) - 1) / 2 = 2^n (r + r^2 (c0 + c1 r + ...)) + (2^n - 1) / 2, the terms of
/// exp(r) for 2 r. One number for ln 2 / 2 will do: what n times its error makes of exp(2 x) counts the less in h / (h
/// + 1) the larger n is.
template <class T>
struct HyperbolicTangent {
  static constexpr T kEnd = sizeof(T) == 4 ? 10 : 20;  ///< from there on h + 1 is h
  /// Leaves n and the exponent's bias in the last bits, and so, shifted, 2^n.
  static constexpr T kRounding = Exponential<T>::kRounding + (sizeof(T) == 4 ? 127 : 1023);
  T terms[std::size(Exponential<T>::kTerms)] = {};
  constexpr HyperbolicTangent() {
    T power = 2;
    for (size_t i = 0; i < std::size(terms); ++i, power *= 2) terms[i] = power * Exponential<T>::kTerms[i];
  }
};

/// tanh(x), within 3 units in the last place and never beyond 1; NaN stays.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V hyperbolic_tangent(D d, V x) {
  using T = hn::TFromD<D>;
  static constexpr HyperbolicTangent<T> kTanh;
  const hn::RebindToSigned<D> di;
  constexpr int kMantissa = sizeof(T) == 4 ? 23 : 52;
  const V one = hn::Set(d, 1), half = hn::Set(d, 0.5), rounding = hn::Set(d, kTanh.kRounding);
  const V size = at_most(hn::Set(d, kTanh.kEnd), hn::Abs(x));
  const V rounded = hn::MulAdd(size, hn::Set(d, 2.8853900817779268), rounding), n = hn::Sub(rounded, rounding);
  const V rest = hn::NegMulAdd(n, hn::Set(d, 0.34657359027997264), size);
  const V scale = hn::BitCast(d, hn::ShiftLeft<kMantissa>(hn::BitCast(di, rounded)));
  const V within = hn::MulAdd(hn::Mul(rest, rest), polynomial(d, kTanh.terms, rest), rest);
  const V h = hn::MulAdd(scale, within, hn::MulAdd(scale, half, hn::Neg(half)));
  return hn::Or(hn::Div(h, hn::Add(h, one)), hn::And(x, hn::SignBit(d)));
}

/// The share q of a standard normal distribution beyond a >= 0: coefficients of log q up to where it no longer counts
/// beside 1, and of q / exp(-a^2 / 2) for use beside that power. Both minimax by Lawson's iteration in 50 digits,
/// weighted so that q has an error below 2^-26.9 and 2^-27.7 in float32, 2^-55.0 and 2^-54.8 in float64.
template <class T>
struct NormalTail;
template <>
struct NormalTail<float> {
  static constexpr float kEnd = 6, kLastPower = 13;  ///< exp(-13^2 / 2) is a normal number
  static constexpr float kLogarithm[] = {-0.6931471648f,    -0.7978857008f,  -0.3182965389f,
                                         -0.0363937271f,    0.004904216907f, -0.0001009204328f,
                                         -0.0001266407596f, 2.67972134e-5f,  -1.923947996e-6f};
  static constexpr float kFactor[] = {0.4999999955f,    -0.398941793f,    0.2499911068f,   -0.1329170198f,
                                      0.06226289352f,   -0.02607015052f,  0.009660865105f, -0.003056060099f,
                                      0.0007799712222f, -0.000149869199f, 1.990544537e-5f, -1.604750151e-6f,
                                      5.857303825e-8f};
};
template <>
struct NormalTail<double> {
  static constexpr double kEnd = 8.5, kLastPower = 37;
  static constexpr double kLogarithm[] = {
      -0.693147180559945366,    -0.797884560802848952,    -0.318309886184573845,    -0.0363356023427813763,
      0.00478211160694320411,   0.0000369816100035171675, -0.000212029223868932535, 0.0000521697844328328995,
      -1.63696609015391973e-6,  -2.8199886151744035e-6,   8.92947526104563036e-7,   -4.17362427770761772e-8,
      -6.91824243524193003e-8,  3.40245403642197064e-8,   -9.70511571318429096e-9,  1.98124718398155051e-9,
      -3.03697056661426897e-10, 3.50543091438693232e-11,  -2.97806716002389803e-12, 1.77141819593546892e-13,
      -6.69800473938903429e-15, 1.29702660934243509e-16,  -5.5867828785842795e-19};
  static constexpr double kFactor[] = {
      0.499999999999999969,     -0.398942280401422941,    0.249999999999485442,    -0.132980760122983678,
      0.0624999998790697195,    -0.026596151196844709,    0.0104166628437862881,   -0.00379943775379196777,
      0.00130205282426155965,   -0.000422104303505401686, 0.000130125328721543214, -0.0000382814880327938359,
      0.0000107591868561965299, -2.88117398668825584e-6,  7.29349129342689124e-7,  -1.72175821170326108e-7,
      3.72144555289796437e-8,   -7.21051565922821429e-9,  1.22488471215896531e-9,  -1.78370463417510936e-10,
      2.17527812643290149e-11,  -2.16487535416863248e-12, 1.7036773493074239e-13,  -1.01582958524867087e-14,
      4.29862222469061906e-16,  -1.14736642796283773e-17, 1.44930558671887878e-19};
};

/// The share of a standard normal distribution below x, with an error of at most 2^-23 in float32 and 2^-52 in float64;
/// anything where x is NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V normal_share(D d, V x) {
  using K = NormalTail<hn::TFromD<D>>;
  const V end = hn::Set(d, K::kEnd), size = hn::Abs(x);
  const V within = normal_exponential(d, polynomial(d, K::kLogarithm, hn::Min(size, end)));
  const V tail = hn::IfThenZeroElse(hn::Gt(size, end), within);
  return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Sub(hn::Set(d, 1), tail), tail);
}

/// The same with exp(-x^2 / 2), which is above 0 everywhere.
template <class V>
struct NormalShare {
  V below, power;
};
template <class D, class V = hn::Vec<D>>
HWY_INLINE NormalShare<V> normal_share_and_power(D d, V x) {
  using K = NormalTail<hn::TFromD<D>>;
  const V size = hn::Min(hn::Abs(x), hn::Set(d, K::kLastPower));
  const V power = normal_exponential(d, hn::Mul(hn::Mul(hn::Set(d, -0.5), size), size));
  const V tail = hn::Mul(power, polynomial(d, K::kFactor, size));
  return {hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Sub(hn::Set(d, 1), tail), tail), power};
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_FUNCTIONS_INL_H
