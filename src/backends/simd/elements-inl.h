// Loops over contiguous elements, whatever their shape. Included once per target.
#if defined(TACHO_SIMD_ELEMENTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_ELEMENTS_INL_H
#undef TACHO_SIMD_ELEMENTS_INL_H
#else
#define TACHO_SIMD_ELEMENTS_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// f(d, vectors) turns kIn vectors (those of the operands in[0], in[1]...) into kOut results in the same array. A
/// vector is read before anything of it is written, so a result may take the place of an operand. What is left behind
/// the last full vector is done in a padded one, by the same instructions: an element has the same bits wherever it
/// stands, and so however the elements are cut among slices.
template <class T, size_t kIn, size_t kOut, class F>
HWY_INLINE void for_elements(const T* const* in, T* const* out, int64_t n, const F& f) {
  constexpr size_t kBoth = kIn > kOut ? kIn : kOut;
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = int64_t(HWY_LANES(T));
  const T* from[kIn];
  T* to[kOut];
  for (size_t j = 0; j < kIn; ++j) from[j] = in[j];
  for (size_t j = 0; j < kOut; ++j) to[j] = out[j];
  hn::Vec<hn::ScalableTag<T>> v[kBoth];
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (size_t j = 0; j < kIn; ++j) v[j] = hn::LoadU(d, from[j] + i);
    f(d, v);
    for (size_t j = 0; j < kOut; ++j) hn::StoreU(v[j], d, to[j] + i);
  }
  if (i == n) return;
  HWY_ALIGN T last[kBoth][kLanes] = {};
  for (size_t j = 0; j < kIn; ++j) std::copy(from[j] + i, from[j] + n, last[j]);
  for (size_t j = 0; j < kIn; ++j) v[j] = hn::Load(d, last[j]);
  f(d, v);
  for (size_t j = 0; j < kOut; ++j) {
    hn::Store(v[j], d, last[j]);
    std::copy_n(last[j], n - i, to[j] + i);
  }
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
