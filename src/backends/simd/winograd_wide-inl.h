// The one-dimensional transforms of Winograd's minimal filtering F(2, 5), as winograd_transforms-inl.h has those of
// F(4, 3): the points are the same, so the transform of the input is.
#if defined(TACHO_SIMD_WINOGRAD_WIDE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_WINOGRAD_WIDE_INL_H
#undef TACHO_SIMD_WINOGRAD_WIDE_INL_H
#else
#define TACHO_SIMD_WINOGRAD_WIDE_INL_H
#endif

#include "backends/simd/abreast-inl.h"
#include "backends/simd/counted.h"
#include "backends/simd/winograd_transforms-inl.h"
#include "backends/simd/winograd_wide.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {

/// y = A^T ((G g) . (B^T d)): besides what Transform has, `input_gradient` is B.
struct WideTransform {
  static constexpr int kOutputs = 2, kTaps = 5, kTile = 6;

  template <class D, class V>
  static HWY_INLINE void input(D d, const V* x, V* o) {
    Transform<4>::input(d, x, o);
  }
  template <class D, class V>
  static HWY_INLINE void input_gradient(D d, const V* m, V* o) {
    const V four = Set(d, 4.0f), five = Set(d, 5.0f);
    const V sum = Add(m[1], m[2]), difference = Sub(m[1], m[2]);
    const V sum2 = Add(m[3], m[4]), half2 = Sub(m[3], m[4]), difference2 = Add(half2, half2);
    o[0] = Mul(four, m[0]);
    o[1] = NegMulAdd(four, difference, Sub(Mul(four, m[5]), difference2));
    o[2] = Sub(NegMulAdd(four, sum, Mul(Set(d, -5.0f), m[0])), sum2);
    o[3] = NegMulAdd(five, m[5], Add(difference, difference2));
    o[4] = Add(m[0], Add(sum, sum2));
    o[5] = m[5];
  }
  template <class D, class V>
  static HWY_INLINE void output(D d, const V* m, V* o) {
    const V difference2 = Sub(m[3], m[4]);
    o[0] = Add(Add(m[0], Add(m[1], m[2])), Add(m[3], m[4]));
    o[1] = Add(MulAdd(Set(d, 2.0f), difference2, Sub(m[1], m[2])), m[5]);
  }
  template <class D, class V>
  static HWY_INLINE void gradient(D, const V* y, V* o) {
    const V twice = Add(y[1], y[1]);
    o[0] = y[0];
    o[1] = Add(y[0], y[1]);
    o[2] = Sub(y[0], y[1]);
    o[3] = Add(y[0], twice);
    o[4] = Sub(y[0], twice);
    o[5] = y[1];
  }
  template <class D, class V>
  static HWY_INLINE void filter(D d, const V* g, V* o) {
    const V two = Set(d, 2.0f), four = Set(d, 4.0f), scale = Set(d, -1.0f / 6), scale2 = Set(d, 1.0f / 24);
    const V even = Mul(scale, Add(Add(g[0], g[2]), g[4])), odd = Mul(scale, Add(g[1], g[3]));
    const V even2 = Mul(scale2, MulAdd(four, MulAdd(four, g[4], g[2]), g[0]));
    const V odd2 = Mul(scale2, Mul(two, MulAdd(four, g[3], g[1])));
    o[0] = Mul(Set(d, 0.25f), g[0]);
    o[1] = Add(even, odd);
    o[2] = Sub(even, odd);
    o[3] = Add(even2, odd2);
    o[4] = Sub(even2, odd2);
    o[5] = g[4];
  }
  template <class D, class V>
  static HWY_INLINE void filter_gradient(D d, const V* u, V* o) {
    const V four = Set(d, 4.0f), scale = Set(d, -1.0f / 6), scale2 = Set(d, 1.0f / 24);
    const V even = Mul(scale, Add(u[1], u[2])), odd = Mul(scale, Sub(u[1], u[2]));
    const V even2 = Mul(scale2, Add(u[3], u[4])), odd2 = Mul(Set(d, 1.0f / 12), Sub(u[3], u[4]));
    o[0] = MulAdd(Set(d, 0.25f), u[0], Add(even, even2));
    o[1] = Add(odd, odd2);
    o[2] = MulAdd(four, even2, even);
    o[3] = MulAdd(four, odd2, odd);
    o[4] = Add(MulAdd(Set(d, 16.0f), even2, even), u[5]);
  }
};

/// Columns of the images that a row of tiles reaches.
inline int64_t reached_columns(const WideShape& s) {
  return s.tiles_across() * WideTransform::kOutputs + WideTransform::kTaps - 1;
}

/// What `f` executes on one row or column of a tile.
template <int kFrom, int kTo, class F>
Tally count_line(const F& f) {
  counting_tally() = {};
  Counted from[kFrom], to[kTo];
  f(from, to);
  return counting_tally();
}
inline void add_lines(Tally& total, const Tally& line, int64_t lines) {
  total.mul += line.mul * lines, total.add += line.add * lines;
}
/// The products of an image.
inline Tally wide_products(const WideShape& s) {
  Tally total;
  total.mul = total.add = s.tiles() * WideShape::kPlaces * s.from.channels * s.to.channels;
  return total;
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
