#include "backends/simd/grouped.h"

#include "backends/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/grouped.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/bounds-inl.h"
#include "backends/simd/grouped-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

template <class T>
GroupedChannels<T> channels_of(const DirectShape& s) {
  using Channels = GroupedChannels<T>;
  Channels c;
  const int64_t count = s.to.channels, all = int64_t(HWY_LANES(T)), four = std::min<int64_t>(4, all);
  c.lanes = count >= all ? all : count >= four ? four : 1;
  c.vectors = (count + c.lanes - 1) / c.lanes;
  for (int64_t k = 0; k < count; ++k)
    c.from.push_back(typename Channels::Index(k / s.to_channels() * s.from_channels()));
  if (s.from_channels() == 1 && s.to_channels() == 1) return c;
  c.way = c.lanes == all && s.from.channels >= all ? Channels::moved : Channels::gathered;
  for (int64_t v = 0; v < c.vectors; ++v) {
    const int64_t first = std::min(v * c.lanes, count - c.lanes);
    const int64_t start = std::min<int64_t>(c.from[size_t(first)], s.from.channels - c.lanes);
    const int64_t last = c.from[size_t(first + c.lanes - 1)] + s.from_channels() - 1;
    if (last - start >= c.lanes) c.way = Channels::gathered;
  }
  return c;
}

template <class T>
bool multiplies_padding(const DirectShape& s, const GroupedChannels<T>& channels) {
  return tile_kind(s, channels).taps > 0;
}

template <class T>
int64_t packed_elements(const DirectShape& s, const GroupedChannels<T>& channels) {
  return channels.vectors * s.from_channels() * s.taps() * channels.lanes;
}

template <class T>
void pack(const DirectShape& s, const GroupedChannels<T>& channels, const DirectFilters& f, const T* w, T* packed) {
  const int64_t from_channels = s.from_channels(), to_channels = s.to_channels(), plane = f.rows * f.columns;
  for (int64_t v = 0; v < channels.vectors; ++v) {
    const int64_t first = std::min(v * channels.lanes, s.to.channels - channels.lanes);
    for (int64_t c = 0; c < from_channels; ++c)
      for (int64_t i = 0; i < s.rows.taps; ++i)
        for (int64_t j = 0; j < s.columns.taps; ++j) {
          const int64_t row = f.first_row + (f.turned ? s.rows.taps - 1 - i : i) * f.down;
          const int64_t column = f.first_column + (f.turned ? s.columns.taps - 1 - j : j) * f.right;
          for (int64_t k = first; k < first + channels.lanes; ++k) {
            // Turned, the filters are from.channels x to_channels, else to.channels x from_channels.
            const int64_t filter = f.turned ? (k / to_channels * from_channels + c) * to_channels + k % to_channels
                                            : k * from_channels + c;
            *packed++ = w[filter * plane + row * f.columns + column];
          }
        }
  }
}

template <class T>
int64_t workspace_elements(const DirectShape& s) {
  return std::max(s.from.channels, s.to.channels);
}

/// What a convolution's tiles are told. Rows [first_row, end_row) of the results are computed.
template <class T>
struct Job {
  const DirectShape& s;
  int64_t first_row, end_row;
  const GroupedChannels<T>& channels;
  const T* packed;
  const GroupedEnd<T>& end;
  const T* zeros;
};

/// Results on their way out; what they need is kept in registers.
template <class D>
class Way {
 public:
  using T = hn::TFromD<D>;
  using V = hn::Vec<D>;
  Way(D d, const GroupedEnd<T>& end)
      : d_(d), least_(hn::Set(d, end.least)), most_(hn::Set(d, end.most)), bias_(end.bias), hardswish_(end.hardswish) {}
  HWY_INLINE V bias(int64_t first) const { return bias_ ? hn::LoadU(d_, bias_ + first) : hn::Zero(d_); }
  HWY_INLINE void put(V sum, T* to) const {
    if (HWY_UNLIKELY(hardswish_)) {
      const V ramp = hn::MulAdd(sum, hn::Set(d_, T(1.0 / 6)), hn::Set(d_, T(0.5)));
      sum = hn::Mul(sum, within(hn::Zero(d_), hn::Set(d_, T(1)), ramp));
    }
    hn::StoreU(within(least_, most_, sum), d_, to);
  }

 private:
  D d_;
  V least_, most_;
  const T* bias_;
  bool hardswish_;
};

/// kRows x kPlaces results that begin at (row, column); y, y_row, y_place: where they go.
template <class T, template <class> class Load, int kTaps, int kStride, int kRows, int kPlaces>
HWY_NOINLINE void convolve_tile(const Job<T>& job, const T* image, int64_t row, int64_t column, T* y, int64_t y_row,
                                int64_t y_place) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  using Seen = SeenPlaces<T, kTaps, kStride, kRows, kPlaces>;
  const Seen seen(job.s, image, row, column, job.zeros);
  const Way<decltype(d)> way(d, job.end);
  const int64_t from_channels = job.s.from_channels(), step = kPlaces * kStride * job.s.from.channels;
  const bool fetches = column + 2 * kPlaces <= job.s.to.width;
  const T* w = job.packed;
  for_vectors<Load>(d, job.s, job.channels, 0, job.channels.vectors, [&](auto& load, int64_t first, int64_t) HWY_ATTR {
    const Seen& at_tile = *reread(&seen);
    if (fetches) at_tile.fetch_next(step, first);
    V sum[kRows][kPlaces];
    const V bias = way.bias(first);
    HWY_UNROLL(4)
    for (int r = 0; r < kRows; ++r) HWY_UNROLL(8)
    for (int p = 0; p < kPlaces; ++p) sum[r][p] = bias;
    for_group(load, from_channels, [&](int64_t) HWY_ATTR {
      HWY_UNROLL(16)
      for (int i = 0; i < Seen::kDown; ++i) {
        HWY_UNROLL(16)
        for (int j = 0; j < Seen::kAcross; ++j) {
          const V x = load(at_tile.at[i][j]);
          HWY_UNROLL(4)
          for (int r = 0; r < kRows; ++r) HWY_UNROLL(8)
          for (int p = 0; p < kPlaces; ++p) {
            const int down = i - r * kStride, across = j - p * kStride;
            if (down >= 0 && down < kTaps && across >= 0 && across < kTaps)
              sum[r][p] = hn::MulAdd(x, hn::LoadU(d, w + (down * kTaps + across) * int64_t(hn::Lanes(d))), sum[r][p]);
          }
        }
      }
      w += kTaps * kTaps * int64_t(hn::Lanes(d));
    });
    HWY_UNROLL(4)
    for (int r = 0; r < kRows; ++r) HWY_UNROLL(8)
    for (int p = 0; p < kPlaces; ++p) way.put(sum[r][p], y + r * y_row + p * y_place + first);
  });
}

/// All results of an image, in tiles of kRows x kPlaces and what is left at its right and below.
template <class T, template <class> class Load, int kTaps, int kStride, int kRows>
void convolve_rows(const Job<T>& job, const T* image, int64_t row, T* y, int64_t y_row, int64_t y_place) {
  constexpr int kPlaces = 4;
  using Tile = void (*)(const Job<T>&, const T*, int64_t, int64_t, T*, int64_t, int64_t);
  static constexpr Tile tiles[kPlaces] = {
      &convolve_tile<T, Load, kTaps, kStride, kRows, 1>, &convolve_tile<T, Load, kTaps, kStride, kRows, 2>,
      &convolve_tile<T, Load, kTaps, kStride, kRows, 3>, &convolve_tile<T, Load, kTaps, kStride, kRows, 4>};
  const int64_t width = job.s.to.width;
  for (int64_t column = 0; column < width; column += kPlaces)
    tiles[std::min<int64_t>(kPlaces, width - column) - 1](job, image, row, column, y + column * y_place, y_row,
                                                          y_place);
}

template <class T, template <class> class Load, int kTaps, int kStride>
void convolve_tiles(const Job<T>& job, const T* image, T* y, int64_t y_row, int64_t y_place) {
  // Two rows at once share what they read, where they see much of the same.
  constexpr int kRows = kTaps == 3 && kStride == 1 ? 2 : 1;
  int64_t row = job.first_row;
  for (; row + kRows <= job.end_row; row += kRows)
    convolve_rows<T, Load, kTaps, kStride, kRows>(job, image, row, y + row * y_row, y_row, y_place);
  for (; row < job.end_row; ++row)
    convolve_rows<T, Load, kTaps, kStride, 1>(job, image, row, y + row * y_row, y_row, y_place);
}

/// kPlaces results side by side of which all see the taps [taps] x [across], and no others.
template <template <class> class Load, int kPlaces, class D, class T>
HWY_INLINE void convolve_any(D d, const Job<T>& job, const T* image, int64_t row, int64_t column, InsideRange down,
                             InsideRange across, T* y, int64_t y_place) {
  const DirectShape& s = job.s;
  using V = hn::Vec<D>;
  const int64_t lanes = int64_t(hn::Lanes(d)), step = s.columns.stride * s.from.channels;
  const int64_t top = row * s.rows.stride - s.rows.before, left = column * s.columns.stride - s.columns.before;
  const Way<D> way(d, job.end);
  const int64_t from_channels = s.from_channels();
  for_vectors<Load>(
      d, s, job.channels, 0, job.channels.vectors, [&](auto& load, int64_t first, int64_t vector) HWY_ATTR {
        V sum[kPlaces];
        for (int p = 0; p < kPlaces; ++p) sum[p] = way.bias(first);
        for_group(load, from_channels, [&](int64_t c) HWY_ATTR {
          const T* const w = job.packed + (vector * from_channels + c) * s.taps() * lanes;
          for (int64_t i = down.begin; i < down.end; ++i)
            for (int64_t j = across.begin; j < across.end; ++j) {
              const T* const x = image + ((top + i * s.rows.dilation) * s.from.width + left + j * s.columns.dilation) *
                                             s.from.channels;
              const V filter = hn::LoadU(d, w + (i * s.columns.taps + j) * lanes);
              HWY_UNROLL(8)
              for (int p = 0; p < kPlaces; ++p) sum[p] = hn::MulAdd(load(x + p * step), filter, sum[p]);
            }
        });
        for (int p = 0; p < kPlaces; ++p) way.put(sum[p], y + p * y_place + first);
      });
}

template <template <class> class Load, class D, class T>
void convolve_any_image(D d, const Job<T>& job, const T* image, T* y, int64_t y_row, int64_t y_place) {
  constexpr int kPlaces = 4;
  const DirectShape& s = job.s;
  const InsideRange inner = all_inside(s.columns, s.from.width, s.to.width, 0, s.columns.taps);
  for (int64_t row = job.first_row; row < job.end_row; ++row) {
    const InsideRange down = taps_inside(s.rows, s.from.height, row);
    for (int64_t column = 0; column < s.to.width;) {
      T* const to = y + row * y_row + column * y_place;
      if (column >= inner.begin && column + kPlaces <= inner.end) {
        convolve_any<Load, kPlaces>(d, job, image, row, column, down, {0, s.columns.taps}, to, y_place);
        column += kPlaces;
        continue;
      }
      const InsideRange across = taps_inside(s.columns, s.from.width, column);
      convolve_any<Load, 1>(d, job, image, row, column++, down, across, to, y_place);
    }
  }
}

template <class T, template <class> class Load>
void convolve_image(const Job<T>& job, const T* image, T* y, int64_t y_row, int64_t y_place) {
  if constexpr (kHasTiles) {
    const TileKind kind = tile_kind(job.s, job.channels);
    if (kind.taps == 3 && kind.stride == 1) return convolve_tiles<T, Load, 3, 1>(job, image, y, y_row, y_place);
    if (kind.taps == 3) return convolve_tiles<T, Load, 3, 2>(job, image, y, y_row, y_place);
    if (kind.taps == 5 && kind.stride == 1) return convolve_tiles<T, Load, 5, 1>(job, image, y, y_row, y_place);
    if (kind.taps == 5) return convolve_tiles<T, Load, 5, 2>(job, image, y, y_row, y_place);
  }
  with_lanes<T>(job.channels.lanes,
                [&](auto d) HWY_ATTR { convolve_any_image<Load>(d, job, image, y, y_row, y_place); });
}

template <class T>
void convolve(const DirectShape& s, const GroupedChannels<T>& channels, const DirectPhase& phase,
              const DirectPart& part, int64_t images, const T* x, const T* packed, const GroupedEnd<T>& end,
              const ImageExtent& extent, T* y, T* workspace) {
  std::fill_n(workspace, s.from.channels, T(0));
  const int64_t first_row = s.to.height * part.begin / part.of, end_row = s.to.height * part.end / part.of;
  const Job<T> job{s, first_row, end_row, channels, packed, end, workspace};
  const int64_t y_row = phase.down * extent.width * extent.channels, y_place = phase.right * extent.channels;
  y += (phase.first_row * extent.width + phase.first_column) * extent.channels;
  for (int64_t image = 0; image < images; ++image, x += s.from.elements(), y += extent.elements()) {
    if (channels.way == GroupedChannels<T>::same) convolve_image<T, SameChannels>(job, x, y, y_row, y_place);
    else if (channels.way == GroupedChannels<T>::moved) convolve_image<T, MovedChannels>(job, x, y, y_row, y_place);
    else
      with_lanes<T>(channels.lanes,
                    [&](auto d) HWY_ATTR { convolve_any_image<GatheredChannels>(d, job, x, y, y_row, y_place); });
  }
}

template <class T>
const GroupedRoutines<T>* table() {
  static constexpr GroupedRoutines<T> routines{&channels_of<T>, &multiplies_padding<T>, &packed_elements<T>,
                                               &pack<T>,        &workspace_elements<T>, &convolve<T>};
  return &routines;
}

}  // namespace

const GroupedRoutines<float>* grouped_floats() { return table<float>(); }
const GroupedRoutines<double>* grouped_doubles() { return table<double>(); }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(grouped_floats);
HWY_EXPORT(grouped_doubles);

template <>
const GroupedRoutines<float>& grouped_routines() {
  return *HWY_DYNAMIC_DISPATCH(grouped_floats)();
}
template <>
const GroupedRoutines<double>& grouped_routines() {
  return *HWY_DYNAMIC_DISPATCH(grouped_doubles)();
}

}  // namespace tacho::simd
#endif
