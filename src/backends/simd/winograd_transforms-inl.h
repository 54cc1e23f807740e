// The one-dimensional transforms of Winograd's minimal filtering F(M, 3) (Lavin and Gray, arXiv 1509.09308, points 0,
// 1, -1, 2, -2 and infinity for M = 4). Written over anything that has Add, Sub, Neg, Mul, MulAdd and NegMulAdd:
// vectors of this target, and a counting scalar, by which what a tile costs is counted rather than stated.
#if defined(TACHO_SIMD_WINOGRAD_TRANSFORMS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_WINOGRAD_TRANSFORMS_INL_H
#undef TACHO_SIMD_WINOGRAD_TRANSFORMS_INL_H
#else
#define TACHO_SIMD_WINOGRAD_TRANSFORMS_INL_H
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {
using hwy::HWY_NAMESPACE::Set;

/// y = A^T ((G g) . (B^T d)): `input` is B^T (tile to tile), `output` A^T (tile to M), `gradient` A (M to tile),
/// `filter` G (3 to tile), `filter_gradient` G^T (tile to 3).
template <int kOutputs>
struct Transform;

template <>
struct Transform<4> {
  static constexpr int kOutputs = 4, kTile = 6;

  template <class D, class V>
  static HWY_INLINE void input(D d, const V* x, V* o) {
    const V four = Set(d, 4.0f), five = Set(d, 5.0f);
    const V even = NegMulAdd(four, x[2], x[4]), odd = NegMulAdd(four, x[1], x[3]);
    const V even2 = Sub(x[4], x[2]), odd2 = Mul(Set(d, 2.0f), Sub(x[3], x[1]));
    o[0] = MulAdd(four, x[0], NegMulAdd(five, x[2], x[4]));
    o[1] = Add(even, odd);
    o[2] = Sub(even, odd);
    o[3] = Add(even2, odd2);
    o[4] = Sub(even2, odd2);
    o[5] = MulAdd(four, x[1], NegMulAdd(five, x[3], x[5]));
  }
  template <class D, class V>
  static HWY_INLINE void output(D d, const V* m, V* o) {
    const V sum = Add(m[1], m[2]), difference = Sub(m[1], m[2]);
    const V sum2 = Add(m[3], m[4]), difference2 = Sub(m[3], m[4]);
    o[0] = Add(Add(m[0], sum), sum2);
    o[1] = MulAdd(Set(d, 2.0f), difference2, difference);
    o[2] = MulAdd(Set(d, 4.0f), sum2, sum);
    o[3] = Add(MulAdd(Set(d, 8.0f), difference2, difference), m[5]);
  }
  template <class D, class V>
  static HWY_INLINE void gradient(D d, const V* y, V* o) {
    const V even = Add(y[0], y[2]), odd = Add(y[1], y[3]);
    const V even2 = MulAdd(Set(d, 4.0f), y[2], y[0]);
    const V odd2 = MulAdd(Set(d, 8.0f), y[3], Mul(Set(d, 2.0f), y[1]));
    o[0] = y[0];
    o[1] = Add(even, odd);
    o[2] = Sub(even, odd);
    o[3] = Add(even2, odd2);
    o[4] = Sub(even2, odd2);
    o[5] = y[3];
  }
  template <class D, class V>
  static HWY_INLINE void filter(D d, const V* g, V* o) {
    const V sixth = Set(d, 1.0f / 6);
    const V outer = Mul(Set(d, -1.0f / 6), Add(g[0], g[2])), middle = Mul(sixth, g[1]);
    const V outer2 = MulAdd(Set(d, 1.0f / 24), g[0], Mul(sixth, g[2])), middle2 = Mul(Set(d, 1.0f / 12), g[1]);
    o[0] = Mul(Set(d, 0.25f), g[0]);
    o[1] = Sub(outer, middle);
    o[2] = Add(outer, middle);
    o[3] = Add(outer2, middle2);
    o[4] = Sub(outer2, middle2);
    o[5] = g[2];
  }
  template <class D, class V>
  static HWY_INLINE void filter_gradient(D d, const V* u, V* o) {
    const V sixth = Set(d, 1.0f / 6), minus_sixth = Set(d, -1.0f / 6);
    const V sum = Add(u[1], u[2]), difference = Sub(u[2], u[1]);
    const V sum2 = Add(u[3], u[4]), difference2 = Sub(u[3], u[4]);
    o[0] = MulAdd(Set(d, 0.25f), u[0], MulAdd(minus_sixth, sum, Mul(Set(d, 1.0f / 24), sum2)));
    o[1] = MulAdd(sixth, difference, Mul(Set(d, 1.0f / 12), difference2));
    o[2] = MulAdd(minus_sixth, sum, MulAdd(sixth, sum2, u[5]));
  }
};

template <>
struct Transform<2> {
  static constexpr int kOutputs = 2, kTile = 4;

  template <class D, class V>
  static HWY_INLINE void input(D, const V* x, V* o) {
    o[0] = Sub(x[0], x[2]);
    o[1] = Add(x[1], x[2]);
    o[2] = Sub(x[2], x[1]);
    o[3] = Sub(x[1], x[3]);
  }
  template <class D, class V>
  static HWY_INLINE void output(D, const V* m, V* o) {
    o[0] = Add(Add(m[0], m[1]), m[2]);
    o[1] = Sub(Sub(m[1], m[2]), m[3]);
  }
  template <class D, class V>
  static HWY_INLINE void gradient(D, const V* y, V* o) {
    o[0] = y[0];
    o[1] = Add(y[0], y[1]);
    o[2] = Sub(y[0], y[1]);
    o[3] = Neg(y[1]);
  }
  template <class D, class V>
  static HWY_INLINE void filter(D d, const V* g, V* o) {
    const V half = Set(d, 0.5f), outer = Mul(half, Add(g[0], g[2])), middle = Mul(half, g[1]);
    o[0] = g[0];
    o[1] = Add(outer, middle);
    o[2] = Sub(outer, middle);
    o[3] = g[2];
  }
  template <class D, class V>
  static HWY_INLINE void filter_gradient(D d, const V* u, V* o) {
    const V half = Set(d, 0.5f), sum = Mul(half, Add(u[1], u[2]));
    o[0] = Add(u[0], sum);
    o[1] = Mul(half, Sub(u[1], u[2]));
    o[2] = Add(sum, u[3]);
  }
};

/// The two-dimensional transform: `f` of every column of the kFrom x kFrom values that load(i, j) gives, then of every
/// row, into store(i, j, value) for kTo x kTo.
template <int kFrom, int kTo, class V, class F, class Load, class Store>
HWY_INLINE void transform_tile(F f, Load load, Store store) {
  V columns[kTo][kFrom], from[kFrom], to[kTo];
  HWY_UNROLL(6)
  for (int j = 0; j < kFrom; ++j) {
    HWY_UNROLL(6)
    for (int i = 0; i < kFrom; ++i) from[i] = load(i, j);
    f(from, to);
    HWY_UNROLL(6)
    for (int i = 0; i < kTo; ++i) columns[i][j] = to[i];
  }
  HWY_UNROLL(6)
  for (int i = 0; i < kTo; ++i) {
    f(columns[i], to);
    HWY_UNROLL(6)
    for (int j = 0; j < kTo; ++j) store(i, j, to[j]);
  }
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
