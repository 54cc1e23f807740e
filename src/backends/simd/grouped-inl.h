// What convolutions in groups and their gradients share: vectors of channels, and where their images' places are.
// Included once per target.
#if defined(TACHO_SIMD_GROUPED_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_GROUPED_INL_H
#undef TACHO_SIMD_GROUPED_INL_H
#else
#define TACHO_SIMD_GROUPED_INL_H
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>

#include "backends/simd/grouped.h"
#include "backends/simd/reread.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The image's channels that one vector of results reads, where they lie as the results do.
template <class D>
class SameChannels {
 public:
  static constexpr bool kAlone = true;  ///< one channel to a group
  using T = hn::TFromD<D>;
  SameChannels(D d, const GroupedChannels<T>&, int64_t, int64_t first) : d_(d), first_(first) {}
  HWY_INLINE hn::Vec<D> operator()(const T* place) const { return hn::LoadU(d_, place + first_); }

 private:
  D d_;
  int64_t first_;
};

/// The same where they are found within one vector.
template <class D>
class MovedChannels {
 public:
  static constexpr bool kAlone = false;
  using T = hn::TFromD<D>;
  using Index = typename GroupedChannels<T>::Index;
  MovedChannels(D d, const GroupedChannels<T>& channels, int64_t image_channels, int64_t first)
      : d_(d),
        from_(channels.from.data() + first),
        first_(std::min<int64_t>(*from_, image_channels - int64_t(hn::Lanes(d)))) {}
  /// The channel of each group that is read from now on.
  void choose(int64_t channel) {
    const hn::Rebind<Index, D> di;
    lanes_ = hn::IndicesFromVec(d_, hn::Add(hn::LoadU(di, from_), hn::Set(di, Index(channel - first_))));
  }
  HWY_INLINE hn::Vec<D> operator()(const T* place) const {
    return hn::TableLookupLanes(hn::LoadU(d_, place + first_), lanes_);
  }

 private:
  D d_;
  const Index* from_;
  int64_t first_;
  decltype(hn::IndicesFromVec(D(), hn::Zero(hn::Rebind<Index, D>()))) lanes_;
};

/// The same wherever they are.
template <class D>
class GatheredChannels {
 public:
  static constexpr bool kAlone = false;
  using T = hn::TFromD<D>;
  using Index = typename GroupedChannels<T>::Index;
  GatheredChannels(D d, const GroupedChannels<T>& channels, int64_t, int64_t first)
      : d_(d), from_(channels.from.data() + first) {}
  void choose(int64_t channel) {
    const hn::Rebind<Index, D> di;
    index_ = hn::Add(hn::LoadU(di, from_), hn::Set(di, Index(channel)));
  }
  HWY_INLINE hn::Vec<D> operator()(const T* place) const { return hn::GatherIndex(d_, place, index_); }

 private:
  D d_;
  const Index* from_;
  hn::Vec<hn::Rebind<Index, D>> index_;
};

/// The baseline emulates vectors one number at a time: tiles would gain nothing and be most of the code.
inline constexpr bool kHasTiles = HWY_TARGET != HWY_EMU128;

/// Which shapes have tiles of their own: filters and strides that are the same along both axes.
struct TileKind {
  int taps = 0, stride = 0;
};

/// That of a convolution; no taps: none.
template <class T>
TileKind tile_kind(const DirectShape& s, const GroupedChannels<T>& channels) {
  const bool square = s.rows.taps == s.columns.taps && s.rows.stride == s.columns.stride;
  const bool close = s.rows.dilation == 1 && s.columns.dilation == 1;
  const bool common = (s.rows.taps == 3 || s.rows.taps == 5) && s.rows.stride <= 2;
  const bool full = channels.lanes == int64_t(HWY_LANES(T)) && channels.way != GroupedChannels<T>::gathered;
  if (!kHasTiles || !square || !close || !common || !full) return {};
  return {int(s.rows.taps), int(s.rows.stride)};
}

/// Calls f(load, first, block) for vectors begin to end of channels: how its places are read, its first channel, its
/// number.
template <template <class> class Load, class D, class F>
HWY_INLINE void for_vectors(D d, const DirectShape& s, const GroupedChannels<hn::TFromD<D>>& channels, int64_t begin,
                            int64_t end, const F& f) {
  const int64_t lanes = int64_t(hn::Lanes(d)), last = s.to.channels - lanes;
  for (int64_t v = begin; v < end; ++v) {
    const int64_t first = std::min(v * lanes, last);
    Load<D> load(d, channels, s.from.channels, first);
    f(load, first, v);
  }
}

/// Calls f(channel) for each channel of a group that the vector reads, chosen before.
template <class Load, class F>
HWY_INLINE void for_group(Load& load, int64_t from_channels, const F& f) {
  if constexpr (Load::kAlone) {
    f(0);
  } else {
    for (int64_t c = 0; c < from_channels; ++c) {
      load.choose(c);
      f(c);
    }
  }
}

/// Places that a tile of kRows x kPlaces results of one image sees through kTaps x kTaps filters.
template <class T, int kTaps, int kStride, int kRows, int kPlaces>
struct SeenPlaces {
  static constexpr int kDown = (kRows - 1) * kStride + kTaps, kAcross = (kPlaces - 1) * kStride + kTaps;
  const T* at[kDown][kAcross];
  /// `zeros`: a place of zeros, for those beside the image.
  SeenPlaces(const DirectShape& s, const T* image, int64_t row, int64_t column, const T* zeros) {
    const int64_t top = row * kStride - s.rows.before, left = column * kStride - s.columns.before;
    for (int i = 0; i < kDown; ++i) {
      const bool within = top + i >= 0 && top + i < s.from.height;
      const int64_t line = ((top + i) * s.from.width + left) * s.from.channels;
      for (int j = 0; j < kAcross; ++j) {
        const bool inside = within && left + j >= 0 && left + j < s.from.width;
        at[i][j] = inside ? image + line + j * s.from.channels : zeros;
      }
    }
  }
  /// Has a part of what the tile to the right will see for the first time fetched, while the vector that begins at
  /// channel `first` is computed: of each row a run of lines in memory's order, so that the caches see it coming.
  HWY_INLINE void fetch_next(int64_t step, int64_t first) const {
    constexpr int kNew = kDown < kRows * kStride ? kDown : kRows * kStride, kLines = kPlaces * kStride;
    constexpr int kFrom = kAcross > kLines ? kAcross - kLines : 0;
    HWY_UNROLL(8)
    for (int i = kDown - kNew; i < kDown; ++i) HWY_UNROLL(8)
    for (int j = 0; j < kLines; ++j) hwy::Prefetch(at[i][kFrom] + step + first * kLines + j * int64_t(HWY_LANES(T)));
  }
};

/// Outputs [begin, end) of an axis whose taps [first, last) all lie inside of the input.
struct InsideRange {
  int64_t begin, end;
};
inline InsideRange all_inside(const DirectAxis& axis, int64_t in, int64_t out, int64_t first, int64_t last) {
  const int64_t below = axis.before - first * axis.dilation, above = in - 1 + axis.before - (last - 1) * axis.dilation;
  const int64_t begin = std::clamp<int64_t>(below <= 0 ? 0 : (below + axis.stride - 1) / axis.stride, 0, out);
  return {begin, std::clamp<int64_t>(above < 0 ? 0 : above / axis.stride + 1, begin, out)};
}

/// Taps [begin, end) of one output that lie inside of the input.
inline InsideRange taps_inside(const DirectAxis& axis, int64_t in, int64_t output) {
  const int64_t start = output * axis.stride - axis.before;
  const int64_t begin =
      std::clamp<int64_t>(start >= 0 ? 0 : (-start + axis.dilation - 1) / axis.dilation, 0, axis.taps);
  return {begin, std::clamp<int64_t>(start >= in ? 0 : (in - 1 - start) / axis.dilation + 1, begin, axis.taps)};
}

/// Calls f(tag) with the tag of as many lanes as the vectors have: all, 4 or 1.
template <class T, class F>
HWY_INLINE void with_lanes(int64_t lanes, const F& f) {
  if (lanes == int64_t(HWY_LANES(T))) f(hn::ScalableTag<T>());
  else if (lanes > 1) f(hn::CappedTag<T, 4>());
  else f(hn::CappedTag<T, 1>());
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_GROUPED_INL_H
