// Channels in panels as wide as a tile of tile-inl.h.
#if defined(TACHO_SIMD_PANELS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_PANELS_INL_H
#undef TACHO_SIMD_PANELS_INL_H
#else
#define TACHO_SIMD_PANELS_INL_H
#endif

#include "backends/simd/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {

inline constexpr int64_t kPanel = kPanelColumns<float>;

constexpr int64_t panels(int64_t channels) { return (channels + kPanel - 1) / kPanel; }

/// Columns of the panel that begins at channel `first`, rounded up to whole vectors: what is behind the last channel is
/// zero in packed filters and ignored in sums.
constexpr int64_t whole_vectors(int64_t channels) {
  return (channels + kLanes<float> - 1) / kLanes<float> * kLanes<float>;
}
constexpr int64_t panel_columns(int64_t channels, int64_t first) {
  return std::min(kPanel, whole_vectors(channels - first));
}

/// Joins two partial sums of whole panels; an `empty` one is overwritten.
inline void combine_panels(float* into, const float* from, int64_t floats, bool empty) {
  const hn::ScalableTag<float> d;
  for (int64_t i = 0; i < floats; i += kLanes<float>) {
    const auto added = hn::LoadU(d, from + i);
    hn::StoreU(empty ? added : hn::Add(hn::LoadU(d, into + i), added), d, into + i);
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#endif
