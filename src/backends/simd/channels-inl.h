// Channels side by side in vectors.
#if defined(TACHO_SIMD_CHANNELS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_CHANNELS_INL_H
#undef TACHO_SIMD_CHANNELS_INL_H
#else
#define TACHO_SIMD_CHANNELS_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls f(tag, first) for `count` channels in vectors: full ones where there are so many, the last one overlapping the
/// one before it, so that nothing behind the last channel is touched; else in vectors of 4 or of 1. For functions that
/// write the same result when they do a channel twice.
template <class F>
HWY_INLINE void for_channels(int64_t count, const F& f) {
  const auto in_vectors = [&](auto d) HWY_ATTR {
    const int64_t lanes = int64_t(hn::Lanes(d));
    for (int64_t c = 0; c < count; c += lanes) f(d, std::min(c, count - lanes));
  };
  if (count >= int64_t(HWY_LANES(float))) in_vectors(hn::ScalableTag<float>());
  else if (count >= 4) in_vectors(hn::CappedTag<float, 4>());
  else in_vectors(hn::CappedTag<float, 1>());
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
