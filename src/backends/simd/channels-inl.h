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

/// Calls f(tag) with the smallest vectors that hold `channels`, of which there are at most a full vector's.
template <class F>
HWY_INLINE void for_place(int64_t channels, const F& f) {
  if (channels == 1) f(hn::CappedTag<float, 1>());
  else if (channels <= 4) f(hn::CappedTag<float, 4>());
  else if (channels <= 8) f(hn::CappedTag<float, 8>());
  else f(hn::ScalableTag<float>());
}

/// std::copy_n without a call, for rows of a few vectors; the ranges are apart.
HWY_INLINE void copy_floats(const float* HWY_RESTRICT from, int64_t count, float* HWY_RESTRICT to) {
  const hn::ScalableTag<float> d;
  constexpr int64_t kWidth = HWY_LANES(float);
  if (count < kWidth) {
    std::copy_n(from, count, to);
    return;
  }
  for (int64_t i = 0; i < count; i += kWidth) {
    const int64_t at = std::min(i, count - kWidth);
    hn::StoreU(hn::LoadU(d, from + at), d, to + at);
  }
}

/// A place's `channels` in the first lanes of a vector; what is behind them is anything. Nothing from `end` on is read.
template <class D>
HWY_INLINE hn::Vec<D> load_place(D d, int64_t channels, const float* from, const float* end) {
  if (HWY_LIKELY(from + hn::MaxLanes(d) <= end)) return hn::LoadU(d, from);
  return hn::MaskedLoad(hn::FirstN(d, size_t(channels)), d, from);
}

/// For places in ascending order: stores a whole vector where it ends before `end`, for what it writes behind a place's
/// channels is overwritten by the next one.
template <class D>
HWY_INLINE void store_place(D d, hn::Vec<D> v, int64_t channels, float* to, const float* end) {
  if (HWY_LIKELY(to + hn::MaxLanes(d) <= end)) hn::StoreU(v, d, to);
  else hn::BlendedStore(v, hn::FirstN(d, size_t(channels)), d, to);
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
