// The gradient of filters in small groups.
#include "backends/simd/grouped.h"
#include "backends/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/grouped_gradient.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/grouped-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

template <class T>
struct GradientJob {
  const DirectShape& s;
  const GroupedChannels<T>& channels;
  const T* zeros;
  T* sums;             ///< of all vectors
  int64_t begin, end;  ///< vectors that are summed
};

/// Adds what kRows x kPlaces results' gradients dy that begin at (row, column) contribute.
template <class T, template <class> class Load, int kTaps, int kStride, int kRows, int kPlaces>
HWY_NOINLINE void add_tile(const GradientJob<T>& job, const T* image, const T* dy, int64_t row, int64_t column) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  using Seen = SeenPlaces<T, kTaps, kStride, kRows, kPlaces>;
  const DirectShape& s = job.s;
  const int64_t lanes = int64_t(hn::Lanes(d)), dy_row = s.to.width * s.to.channels;
  const Seen seen(s, image, row, column, job.zeros);
  const int64_t from_channels = s.from_channels();
  T* sums = job.sums + job.begin * from_channels * kTaps * kTaps * lanes;
  const int64_t step = kPlaces * kStride * s.from.channels;
  const bool fetches = column + 2 * kPlaces <= s.to.width;
  dy += row * dy_row + column * s.to.channels;
  for_vectors<Load>(d, s, job.channels, job.begin, job.end, [&](auto& load, int64_t first, int64_t) HWY_ATTR {
    const Seen& at_tile = *reread(&seen);
    if (fetches) {
      at_tile.fetch_next(step, first);
      HWY_UNROLL(4)
      for (int r = 0; r < kRows; ++r) HWY_UNROLL(8)
      for (int p = 0; p < kPlaces; ++p) hwy::Prefetch(dy + r * dy_row + (kPlaces + p) * s.to.channels + first);
    }
    V gradient[kRows][kPlaces];
    HWY_UNROLL(4)
    for (int r = 0; r < kRows; ++r) HWY_UNROLL(8)
    for (int p = 0; p < kPlaces; ++p) gradient[r][p] = hn::LoadU(d, dy + r * dy_row + p * s.to.channels + first);
    for_group(load, from_channels, [&](int64_t) HWY_ATTR {
      V sum[kTaps][kTaps];
      HWY_UNROLL(8)
      for (int i = 0; i < kTaps; ++i) HWY_UNROLL(8)
      for (int j = 0; j < kTaps; ++j) sum[i][j] = hn::LoadU(d, sums + (i * kTaps + j) * lanes);
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
              sum[down][across] = hn::MulAdd(x, gradient[r][p], sum[down][across]);
          }
        }
      }
      HWY_UNROLL(8)
      for (int i = 0; i < kTaps; ++i) HWY_UNROLL(8)
      for (int j = 0; j < kTaps; ++j) hn::StoreU(sum[i][j], d, sums + (i * kTaps + j) * lanes);
      sums += kTaps * kTaps * lanes;
    });
  });
}

template <class T, template <class> class Load, int kTaps, int kStride, int kRows>
void add_rows(const GradientJob<T>& job, const T* image, const T* dy, int64_t row) {
  constexpr int kPlaces = 4;
  using Tile = void (*)(const GradientJob<T>&, const T*, const T*, int64_t, int64_t);
  static constexpr Tile tiles[kPlaces] = {
      &add_tile<T, Load, kTaps, kStride, kRows, 1>, &add_tile<T, Load, kTaps, kStride, kRows, 2>,
      &add_tile<T, Load, kTaps, kStride, kRows, 3>, &add_tile<T, Load, kTaps, kStride, kRows, 4>};
  const int64_t width = job.s.to.width;
  for (int64_t column = 0; column < width; column += kPlaces)
    tiles[std::min<int64_t>(kPlaces, width - column) - 1](job, image, dy, row, column);
}

template <class T, template <class> class Load, int kTaps, int kStride>
void add_image_in_tiles(const GradientJob<T>& job, const T* image, const T* dy) {
  // The sums come out of the first cache and go back for each tile: two rows at once repay it, but for filters that
  // fill the registers.
  constexpr int kRows = kTaps == 3 ? 2 : 1;
  int64_t row = 0;
  for (; row + kRows <= job.s.to.height; row += kRows) add_rows<T, Load, kTaps, kStride, kRows>(job, image, dy, row);
  for (; row < job.s.to.height; ++row) add_rows<T, Load, kTaps, kStride, 1>(job, image, dy, row);
}

/// Any filters: one tap after the other, summed in registers over the places of a row that it sees inside of the image.
template <template <class> class Load, class D, class T>
void add_image(D d, const GradientJob<T>& job, const T* image, const T* dy) {
  const DirectShape& s = job.s;
  const int64_t lanes = int64_t(hn::Lanes(d)), step = s.columns.stride * s.from.channels;
  const int64_t from_channels = s.from_channels();
  for (int64_t row = 0; row < s.to.height; ++row, dy += s.to.width * s.to.channels) {
    const InsideRange down = taps_inside(s.rows, s.from.height, row);
    const int64_t top = row * s.rows.stride - s.rows.before;
    for_vectors<Load>(d, s, job.channels, job.begin, job.end, [&](auto& load, int64_t first, int64_t vector) HWY_ATTR {
      for_group(load, from_channels, [&](int64_t c) HWY_ATTR {
        T* const sums = job.sums + (vector * from_channels + c) * s.taps() * lanes;
        for (int64_t i = down.begin; i < down.end; ++i)
          for (int64_t j = 0; j < s.columns.taps; ++j) {
            const InsideRange places = all_inside(s.columns, s.from.width, s.to.width, j, j + 1);
            const int64_t column = j * s.columns.dilation - s.columns.before;
            const int64_t at = ((top + i * s.rows.dilation) * s.from.width + column) * s.from.channels;
            T* const to = sums + (i * s.columns.taps + j) * lanes;
            auto sum = hn::LoadU(d, to);
            for (int64_t p = places.begin; p < places.end; ++p)
              sum = hn::MulAdd(load(image + at + p * step), hn::LoadU(d, dy + p * s.to.channels + first), sum);
            hn::StoreU(sum, d, to);
          }
      });
    });
  }
}

template <class T, template <class> class Load>
void add_any_image(const GradientJob<T>& job, const T* image, const T* dy) {
  if constexpr (kHasTiles) {
    const TileKind kind = tile_kind(job.s, job.channels);
    if (kind.taps == 3 && kind.stride == 1) return add_image_in_tiles<T, Load, 3, 1>(job, image, dy);
    if (kind.taps == 3) return add_image_in_tiles<T, Load, 3, 2>(job, image, dy);
    if (kind.taps == 5 && kind.stride == 1) return add_image_in_tiles<T, Load, 5, 1>(job, image, dy);
    if (kind.taps == 5) return add_image_in_tiles<T, Load, 5, 2>(job, image, dy);
  }
  with_lanes<T>(job.channels.lanes, [&](auto d) HWY_ATTR { add_image<Load>(d, job, image, dy); });
}

int64_t workspace_elements(const DirectShape& s) { return s.from.channels; }

template <class T>
void accumulate(const DirectShape& s, const GroupedChannels<T>& channels, int64_t images, const T* x, const T* dy,
                const FilterRange& some, bool empty, T* partial, T* workspace) {
  std::fill_n(workspace, s.from.channels, T(0));
  const int64_t begin = some.first / channels.lanes, vector = s.from_channels() * s.taps() * channels.lanes;
  const int64_t end = (some.first + some.count + channels.lanes - 1) / channels.lanes;
  if (empty) std::fill_n(partial + begin * vector, (end - begin) * vector, T(0));
  const GradientJob<T> job{s, channels, workspace, partial, begin, end};
  for (int64_t image = 0; image < images; ++image, x += s.from.elements(), dy += s.to.elements()) {
    if (channels.way == GroupedChannels<T>::same) add_any_image<T, SameChannels>(job, x, dy);
    else if (channels.way == GroupedChannels<T>::moved) add_any_image<T, MovedChannels>(job, x, dy);
    else with_lanes<T>(channels.lanes, [&](auto d) HWY_ATTR { add_image<GatheredChannels>(d, job, x, dy); });
  }
}

template <class T>
void finish(const DirectShape& s, const GroupedChannels<T>& channels, const Lanes<T>& lanes, int64_t first,
            int64_t filters, T* dw) {
  constexpr int64_t kTogether = 16;  // taps: their sums stay in the first cache
  T sums[kTogether * HWY_LANES(T)];
  const int64_t taps = s.taps(), from_channels = s.from_channels(), in_vector = channels.lanes;
  for (int64_t begin = first; begin < first + filters; begin += in_vector) {
    const int64_t vector = begin / in_vector, end = std::min(begin + in_vector, first + filters);
    const int64_t first_of_vector = std::min(begin, s.to.channels - in_vector);  // the last overlaps the one before it
    for (int64_t c = 0; c < from_channels; ++c)
      for (int64_t tap = 0; tap < taps; tap += kTogether) {
        const int64_t some = std::min(kTogether, taps - tap);
        const int64_t at = ((vector * from_channels + c) * taps + tap) * in_vector;
        sum_lanes({lanes.first + at, lanes.step, lanes.count}, some * in_vector, sums);
        for (int64_t k = begin; k < end; ++k)
          for (int64_t i = 0; i < some; ++i)
            dw[((k - first) * from_channels + c) * taps + tap + i] = sums[i * in_vector + k - first_of_vector];
      }
  }
}

template <class T>
const GroupedGradient<T>* table() {
  static constexpr GroupedGradient<T> routines{&workspace_elements, &accumulate<T>, &finish<T>};
  return &routines;
}

}  // namespace

const GroupedGradient<float>* gradient_floats() { return table<float>(); }
const GroupedGradient<double>* gradient_doubles() { return table<double>(); }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(gradient_floats);
HWY_EXPORT(gradient_doubles);

template <>
const GroupedGradient<float>& grouped_gradient() {
  return *HWY_DYNAMIC_DISPATCH(gradient_floats)();
}
template <>
const GroupedGradient<double>& grouped_gradient() {
  return *HWY_DYNAMIC_DISPATCH(gradient_doubles)();
}

}  // namespace tacho::simd
#endif
