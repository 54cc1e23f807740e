// Rows of consecutive elements in vectors. Included once per target.
#if defined(TACHO_SIMD_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_ROWS_INL_H
#undef TACHO_SIMD_ROWS_INL_H
#else
#define TACHO_SIMD_ROWS_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// How a vector of a row meets memory: all of its lanes, or the row's last elements, `fill` standing for the others.
template <class T>
struct WholeVector {
  using D = hn::ScalableTag<T>;
  HWY_INLINE hn::Vec<D> load(const T* p, T) const { return hn::LoadU(D(), p); }
  HWY_INLINE void store(hn::Vec<D> v, T* p) const { hn::StoreU(v, D(), p); }
};
template <class T>
struct LastVector {
  using D = hn::ScalableTag<T>;
  int64_t count;
  HWY_INLINE hn::Vec<D> load(const T* p, T fill) const {
    HWY_ALIGN T lanes[HWY_LANES(T)];
    hn::Store(hn::Set(D(), fill), D(), lanes);
    for (int64_t i = 0; i < count; ++i) lanes[i] = p[i];
    return hn::Load(D(), lanes);
  }
  HWY_INLINE void store(hn::Vec<D> v, T* p) const {
    HWY_ALIGN T lanes[HWY_LANES(T)];
    hn::Store(v, D(), lanes);
    for (int64_t i = 0; i < count; ++i) p[i] = lanes[i];
  }
};

/// f(i, how to load and store there) for every vector of a row.
template <class T, class F>
HWY_INLINE void for_row(int64_t n, const F& f) {
  constexpr int64_t kLanes = int64_t(HWY_LANES(T));
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) f(i, WholeVector<T>());
  if (i < n) f(i, LastVector<T>{n - i});
}

/// combine() over term(i, how) of the row's vectors, four at a time side by side; a vector, whose lanes are left.
template <class T, class V, class Term, class Combine>
HWY_INLINE V combine_row(int64_t n, V start, const Term& term, const Combine& combine) {
  constexpr int64_t kLanes = int64_t(HWY_LANES(T));
  V a = start, b = start, c = start, d = start;
  int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    a = combine(a, term(i, WholeVector<T>()));
    b = combine(b, term(i + kLanes, WholeVector<T>()));
    c = combine(c, term(i + 2 * kLanes, WholeVector<T>()));
    d = combine(d, term(i + 3 * kLanes, WholeVector<T>()));
  }
  for (; i + kLanes <= n; i += kLanes) a = combine(a, term(i, WholeVector<T>()));
  if (i < n) b = combine(b, term(i, LastVector<T>{n - i}));
  return combine(combine(a, b), combine(c, d));
}

/// The sum of the terms; those behind the row's end must be 0.
template <class T, class Term>
HWY_INLINE T sum_row(int64_t n, const Term& term) {
  const hn::ScalableTag<T> d;
  const auto add = [](auto x, auto y) HWY_ATTR { return hn::Add(x, y); };
  return hn::GetLane(hn::SumOfLanes(d, combine_row<T>(n, hn::Zero(d), term, add)));
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_ROWS_INL_H
