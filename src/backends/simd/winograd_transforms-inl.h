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

#include <utility>

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

/// Tiles with fewer outputs, where 4 do not divide an image: F(E, 3) at the points 0, 1, -1, 2, of these the first E +
/// 1, and infinity, in the places that F(4, 3) has for them and scaled for its filters. So a short tile has no products
/// at the other places, and needs no filters of its own.
template <int kOutputs>
struct ShortTransform;

constexpr bool has_point(int outputs, int place) { return place <= outputs || place == 5; }
/// The n-th of the outputs + 2 places.
constexpr int point(int outputs, int n) { return n <= outputs ? n : 5; }

template <>
struct ShortTransform<4> : Transform<4> {};

template <>
struct ShortTransform<3> {
  template <class D, class V>
  static HWY_INLINE void input(D d, const V* x, V* o) {
    const V two = Set(d, 2.0f), odd = Sub(x[3], x[1]), even = NegMulAdd(two, x[2], odd);
    o[0] = Mul(two, MulAdd(two, x[0], even));
    o[1] = Mul(Set(d, 3.0f), NegMulAdd(two, x[1], Sub(x[3], x[2])));
    o[2] = MulAdd(two, x[1], NegMulAdd(Set(d, 3.0f), x[2], x[3]));
    o[3] = Mul(Set(d, 4.0f), odd);
    o[5] = NegMulAdd(two, odd, Sub(x[4], x[2]));
  }
  template <class D, class V>
  static HWY_INLINE void output(D d, const V* m, V* o) {
    const V sum = Add(m[1], m[2]), difference = Sub(m[1], m[2]);
    o[0] = Add(Add(m[0], sum), m[3]);
    o[1] = MulAdd(Set(d, 2.0f), m[3], difference);
    o[2] = Add(MulAdd(Set(d, 4.0f), m[3], sum), m[5]);
  }
  template <class D, class V>
  static HWY_INLINE void gradient(D d, const V* y, V* o) {
    const V even = Add(y[0], y[2]);
    o[0] = y[0];
    o[1] = Add(even, y[1]);
    o[2] = Sub(even, y[1]);
    o[3] = MulAdd(Set(d, 4.0f), y[2], MulAdd(Set(d, 2.0f), y[1], y[0]));
    o[5] = y[2];
  }
};

template <>
struct ShortTransform<2> {
  template <class D, class V>
  static HWY_INLINE void input(D d, const V* x, V* o) {
    o[0] = Mul(Set(d, 4.0f), Sub(x[0], x[2]));
    o[1] = Mul(Set(d, -3.0f), Add(x[1], x[2]));
    o[2] = Mul(Set(d, 3.0f), Sub(x[1], x[2]));
    o[5] = Sub(x[3], x[1]);
  }
  template <class D, class V>
  static HWY_INLINE void output(D, const V* m, V* o) {
    o[0] = Add(Add(m[0], m[1]), m[2]);
    o[1] = Add(Sub(m[1], m[2]), m[5]);
  }
  template <class D, class V>
  static HWY_INLINE void gradient(D, const V* y, V* o) {
    o[0] = y[0];
    o[1] = Add(y[0], y[1]);
    o[2] = Sub(y[0], y[1]);
    o[5] = y[1];
  }
};

template <>
struct ShortTransform<1> {
  template <class D, class V>
  static HWY_INLINE void input(D d, const V* x, V* o) {
    o[0] = Mul(Set(d, 4.0f), Sub(x[0], x[1]));
    o[1] = Mul(Set(d, -6.0f), x[1]);
    o[5] = Sub(x[2], x[1]);
  }
  template <class D, class V>
  static HWY_INLINE void output(D, const V* m, V* o) {
    o[0] = Add(Add(m[0], m[1]), m[5]);
  }
  template <class D, class V>
  static HWY_INLINE void gradient(D, const V* y, V* o) {
    o[0] = o[1] = o[5] = y[0];
  }
};

/// The three transforms of a short tile: how many values along an axis come in and go out, and their numbers.
struct ShortInput {
  static constexpr int from(int outputs) { return outputs + 2; }
  static constexpr int to(int outputs) { return outputs + 2; }
  static constexpr int from_at(int, int n) { return n; }
  static constexpr int to_at(int outputs, int n) { return point(outputs, n); }
  template <int E, class D, class V>
  static HWY_INLINE void run(D d, const V* a, V* b) {
    ShortTransform<E>::input(d, a, b);
  }
};
struct ShortGradient {
  static constexpr int from(int outputs) { return outputs; }
  static constexpr int to(int outputs) { return outputs + 2; }
  static constexpr int from_at(int, int n) { return n; }
  static constexpr int to_at(int outputs, int n) { return point(outputs, n); }
  template <int E, class D, class V>
  static HWY_INLINE void run(D d, const V* a, V* b) {
    ShortTransform<E>::gradient(d, a, b);
  }
};
struct ShortOutput {
  static constexpr int from(int outputs) { return outputs + 2; }
  static constexpr int to(int outputs) { return outputs; }
  static constexpr int from_at(int outputs, int n) { return point(outputs, n); }
  static constexpr int to_at(int, int n) { return n; }
  template <int E, class D, class V>
  static HWY_INLINE void run(D d, const V* a, V* b) {
    ShortTransform<E>::output(d, a, b);
  }
};

/// Kind of each of `lines` lines, whose values load(line, n) gives and store(line, n, value) takes.
template <class Kind, int E, class V, class D, class Load, class Store>
HWY_INLINE void transform_lines(D d, int lines, Load load, Store store) {
  const auto line_of = [&]<int... I, int... O>(int line, std::integer_sequence<int, I...>,
                                               std::integer_sequence<int, O...>) HWY_ATTR {
    V from[6], to[6];
    ((from[Kind::from_at(E, I)] = load(line, Kind::from_at(E, I))), ...);
    Kind::template run<E>(d, from, to);
    (store(line, Kind::to_at(E, O), to[Kind::to_at(E, O)]), ...);
  };
  for (int line = 0; line < lines; ++line)
    line_of(line, std::make_integer_sequence<int, Kind::from(E)>(), std::make_integer_sequence<int, Kind::to(E)>());
}
template <class Kind, class V, class D, class Load, class Store>
HWY_INLINE void transform_lines_of(D d, int outputs, int lines, Load load, Store store) {
  if (outputs == 1) transform_lines<Kind, 1, V>(d, lines, load, store);
  else if (outputs == 2) transform_lines<Kind, 2, V>(d, lines, load, store);
  else if (outputs == 3) transform_lines<Kind, 3, V>(d, lines, load, store);
  else transform_lines<Kind, 4, V>(d, lines, load, store);
}

// That the second pass reads only what the first has written is beyond the compiler.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
/// transform_tile of a tile with `down` x `across` outputs: every column, then every row.
template <class Kind, class V, class D, class Load, class Store>
HWY_INLINE void transform_short_tile(D d, int down, int across, Load load, Store store) {
  V columns[6][6];
  transform_lines_of<Kind, V>(
      d, down, Kind::from(across), [&](int line, int i) HWY_ATTR { return load(i, Kind::from_at(across, line)); },
      [&](int line, int i, V value) HWY_ATTR { columns[i][Kind::from_at(across, line)] = value; });
  transform_lines_of<Kind, V>(
      d, across, Kind::to(down), [&](int line, int j) HWY_ATTR { return columns[Kind::to_at(down, line)][j]; },
      [&](int line, int j, V value) HWY_ATTR { store(Kind::to_at(down, line), j, value); });
}

#pragma GCC diagnostic pop

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
