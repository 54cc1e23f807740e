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

#include <limits>

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D, class V = hn::Vec<D>>
HWY_INLINE V infinity(D d) {
  return hn::Set(d, std::numeric_limits<hn::TFromD<D>>::infinity());
}

/// x, at most `limit`; NaN stays, which Highway's Min leaves open.
template <class V>
HWY_INLINE V at_most(V limit, V x) {
  return hn::IfThenElse(hn::Lt(limit, x), limit, x);
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

/// tanh(x), within 4 units in the last place; NaN stays.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V hyperbolic_tangent(D d, V x) {
  const V limit = hn::Set(d, sizeof(hn::TFromD<D>) == 4 ? 20 : 40), size = hn::Abs(x);
  const V y = exponential_less_one(d, at_most(limit, hn::Add(size, size)));
  return hn::Or(hn::Div(y, hn::Add(y, hn::Set(d, 2))), hn::And(x, hn::SignBit(d)));
}

/// Coefficients of erf(x) / x in x^2 for |x| < 1, and of log(1 - erf(x)) in x - 1 from there to where erf rounds to 1:
/// both minimax by Lawson's iteration in 50 digits, the second weighted with 1 - erf. Theoretical errors of erf:
/// 2^-29.7 and 2^-29.9 in float32, 2^-62.8 and 2^-57.1 in float64. Highway has no erf.
template <class T>
struct ErrorFunction;
template <>
struct ErrorFunction<float> {
  static constexpr float kEnd = 4;
  static constexpr float kNear[] = {1.128379166f,    -0.3761262713f,    0.112836001f,   -0.02685444146f,
                                    0.005189529279f, -0.0008020787264f, 7.888939079e-5f};
  static constexpr float kFar[] = {-1.849605516f,   -2.638966815f,    -0.8431183381f,  -0.04150069641f,
                                   0.009890921947f, -0.001826192919f, 0.0001855830752f};
};
template <>
struct ErrorFunction<double> {
  static constexpr double kEnd = 6;
  static constexpr double kNear[] = {1.12837916709551257,     -0.376126389031837482,   0.112837916709548837,
                                     -0.026866170645077785,   0.00522397762482789115,  -0.000854832698140653671,
                                     0.000120553311325322734, -0.00001492559576595397, 1.64610084160329955e-6,
                                     -1.63503958077788789e-7, 1.46603268829017416e-8,  -1.13749508483258291e-9,
                                     5.96067954323355878e-11};
  static constexpr double kFar[] = {-1.84960550993324829,    -2.63896751423477513,     -0.84310725635944034,
                                    -0.0415610980246129023,  0.0100338251750073773,    -0.00197790119394866487,
                                    0.000237316358490455653, 0.0000262965117104940086, -0.000027199294392544417,
                                    9.67178804032932172e-6,  -2.13232925734883298e-6,  2.05085856304129984e-7,
                                    5.7869532073252869e-8,   -3.33378476505926398e-8,  8.50466159126473423e-9,
                                    -1.316626272814804e-9,   1.19067234567566329e-10,  -4.85288494088947241e-12};
};

/// erf(x), within 4 units in the last place; NaN stays.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V error_function(D d, V x) {
  using K = ErrorFunction<hn::TFromD<D>>;
  const V one = hn::Set(d, 1), size = hn::Abs(x);
  const V near = hn::Mul(x, polynomial(d, K::kNear, hn::Mul(x, x)));
  const V beyond = hn::Sub(at_most(hn::Set(d, K::kEnd), size), one);
  const V far = hn::Sub(one, normal_exponential(d, polynomial(d, K::kFar, beyond)));
  const V sign = hn::And(x, hn::SignBit(d));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElse(hn::Lt(size, one), near, hn::Or(far, sign)));
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_FUNCTIONS_INL_H
