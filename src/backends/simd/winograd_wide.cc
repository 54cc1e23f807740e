#include "backends/simd/winograd_wide.h"

#include "backends/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/winograd_wide.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/channels-inl.h"
#include "backends/simd/image_result-inl.h"
#include "backends/simd/panels-inl.h"
#include "backends/simd/winograd_wide-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

using T = WideTransform;
constexpr int kTile = T::kTile, kOutputs = T::kOutputs, kTaps = T::kTaps;
constexpr int64_t kWidth = kLanes<float>;

/// Calls f with a tag of the vectors that hold filters: whole ones, or smaller ones where there are fewer.
template <class F>
HWY_INLINE void for_filters(int64_t filters, const F& f) {
  if (filters >= kWidth) f(hn::ScalableTag<float>());
  else if (filters >= 8) f(hn::CappedTag<float, 8>());
  else if (filters >= 4) f(hn::CappedTag<float, 4>());
  else f(hn::CappedTag<float, 1>());
}
int64_t filter_lanes(const WideShape& s) {
  int64_t lanes = 1;
  for_filters(s.to.channels, [&](auto d) { lanes = int64_t(hn::MaxLanes(d)); });
  return lanes;
}
/// Vectors of filters, the last of which overlaps the one before it.
int64_t filter_blocks(const WideShape& s, int64_t lanes) { return (s.to.channels + lanes - 1) / lanes; }
int64_t first_filter(const WideShape& s, int64_t lanes, int64_t block) {
  return std::min(block * lanes, s.to.channels - lanes);
}

int64_t packed_floats(const WideShape& s) {
  const int64_t lanes = filter_lanes(s);
  return whole_vectors(filter_blocks(s, lanes) * WideShape::kPlaces * s.from.channels * lanes);
}

/// [vector of filters][row of points][channel][point]
void pack(const WideShape& s, const float* w, float* packed) {
  const int64_t channels = s.from.channels;
  for_filters(s.to.channels, [&](auto d) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    constexpr int64_t kFilters = hn::MaxLanes(decltype(d)());
    HWY_ALIGN float taps[kTaps * kTaps][kFilters];
    float* to = packed;
    for (int64_t block = 0; block < filter_blocks(s, kFilters); ++block, to += WideShape::kPlaces * channels * kFilters)
      for (int64_t c = 0; c < channels; ++c) {
        const float* const first = w + (first_filter(s, kFilters, block) * channels + c) * kTaps * kTaps;
        transpose(first, kFilters, kTaps * kTaps, channels * kTaps * kTaps, taps[0], kFilters);
        transform_tile<kTaps, kTile, V>([&](const V* a, V* b) HWY_ATTR { T::filter(d, a, b); },
                                        [&](int i, int j) HWY_ATTR { return hn::Load(d, taps[i * kTaps + j]); },
                                        [&](int i, int j, V value) HWY_ATTR {
                                          hn::StoreU(value, d, to + ((i * channels + c) * kTile + j) * kFilters);
                                        });
      }
  });
}

/// Floats between the points of a tile: a constant, so that 36 of them are reached from one register. Tiles whose
/// floats do not fit are computed after those that do.
constexpr int64_t kPointFloats = 112;
static_assert(kPointFloats % kWidth == 0);
/// Tiles side by side that are computed together, a pair at least.
int64_t tiles_together(const WideShape& s) {
  return std::min((kPointFloats / s.from.channels + 1) / kOutputs / 2 * 2, s.tiles_across());
}
/// Floats of so many tiles' points: they begin at each column, so that they are computed as they lie in memory; a tile
/// reads every other one.
int64_t tile_floats(const WideShape& s, int64_t tiles) {
  return whole_vectors((kOutputs * tiles - 1) * s.from.channels);
}

/// The scratch of a call: a row of an image's zeros; the columns of a row of tiles, transformed, one row of points
/// behind the other, zeros where the image has none; tiles.
struct FilterScratch {
  int64_t zeros, columns, column_row, tiles, floats;
  explicit FilterScratch(const WideShape& s) {
    column_row = whole_vectors(tile_floats(s, s.tiles_across()) + kWidth + (kTile - 1) * s.from.channels);
    int64_t end = 0;
    const auto take = [&](int64_t floats) { return std::exchange(end, end + whole_vectors(floats)); };
    zeros = take(s.from.width * s.from.channels);
    columns = take(kTile * column_row);
    tiles = take(WideShape::kPlaces * kPointFloats);
    floats = end;
  }
};
int64_t workspace_floats(const WideShape& s) { return FilterScratch(s).floats; }

/// B^T of the columns of the image's rows from `row` on.
void transform_columns(const WideShape& s, const float* image, int64_t row, const float* zeros, int64_t to_row,
                       float* to) {
  const int64_t floats = s.from.width * s.from.channels;
  const float* from[kTile];
  for (int i = 0; i < kTile; ++i)
    from[i] = uint64_t(row + i) < uint64_t(s.from.height) ? image + (row + i) * floats : zeros;
  to += s.left * s.from.channels;
  for_channels(floats, [&](auto d, int64_t at) HWY_ATTR {
    hn::Vec<decltype(d)> x[kTile], v[kTile];
    HWY_UNROLL(6)
    for (int i = 0; i < kTile; ++i) x[i] = hn::LoadU(d, from[i] + at);
    T::input(d, x, v);
    HWY_UNROLL(6)
    for (int i = 0; i < kTile; ++i) hn::StoreU(v[i], d, to + i * to_row + at);
  });
}

/// B^T along the rows, `floats` of each point.
void transform_rows(const WideShape& s, const float* columns, int64_t column_row, int64_t floats, float* to) {
  const hn::ScalableTag<float> d;
  for (int i = 0; i < kTile; ++i, columns += column_row, to += kTile * kPointFloats)
    for (int64_t at = 0; at < floats; at += kWidth) {
      hn::Vec<decltype(d)> x[kTile], v[kTile];
      HWY_UNROLL(6)
      for (int j = 0; j < kTile; ++j) x[j] = hn::LoadU(d, columns + at + j * s.from.channels);
      T::input(d, x, v);
      HWY_UNROLL(6)
      for (int j = 0; j < kTile; ++j) hn::Store(v[j], d, to + j * kPointFloats + at);
    }
}

/// A row of points of kTiles tiles side by side: its products with a vector of filters, A^T of it, and what that gives
/// for the outputs.
template <int kPoint, int kTiles, class D, class V = hn::Vec<D>>
HWY_INLINE void add_row(D d, int64_t channels, const float* tiles, const float* filters,
                        V (&y)[kTiles][kOutputs][kOutputs]) {
  constexpr int64_t kFilters = hn::MaxLanes(D());
  const int64_t second = kOutputs * channels;
  V sum[kTiles][kTile];
  HWY_UNROLL(3)
  for (int t = 0; t < kTiles; ++t) HWY_UNROLL(6)
  for (int j = 0; j < kTile; ++j) sum[t][j] = hn::Zero(d);
  tiles += kPoint * kTile * kPointFloats, filters += kPoint * channels * kTile * kFilters;
  for (int64_t c = 0; c < channels; ++c, ++tiles, filters += kTile * kFilters) HWY_UNROLL(6)
  for (int j = 0; j < kTile; ++j) {
    const V w = in_register(hn::LoadU(d, filters + j * kFilters));
    HWY_UNROLL(2)
    for (int t = 0; t < kTiles; ++t)
      sum[t][j] = hn::MulAdd(hn::Set(d, tiles[j * kPointFloats + t * second]), w, sum[t][j]);
  }
  const V two = hn::Set(d, 2.0f);
  HWY_UNROLL(3)
  for (int t = 0; t < kTiles; ++t) {
    V row[kOutputs];
    T::output(d, sum[t], row);
    HWY_UNROLL(2)
    for (int j = 0; j < kOutputs; ++j) {
      V &first = y[t][0][j], &second = y[t][1][j];
      if constexpr (kPoint == 0) first = row[j];
      else if constexpr (kPoint < 5) first = hn::Add(first, row[j]);
      if constexpr (kPoint == 1) second = row[j];
      else if constexpr (kPoint == 2) second = hn::Sub(second, row[j]);
      else if constexpr (kPoint == 3) second = hn::MulAdd(two, row[j], second);
      else if constexpr (kPoint == 4) second = hn::NegMulAdd(two, row[j], second);
      else if constexpr (kPoint == 5) second = hn::Add(second, row[j]);
    }
  }
}

/// Where a tile's outputs go.
struct TilePlace {
  int64_t image, row, column, channel;
};

template <int kTiles, class D>
HWY_NOINLINE void multiply_tiles(D d, const WideShape& s, const float* tiles, const float* filters,
                                 const ImageResult& result, const TilePlace& place) {
  const int64_t channels = s.from.channels;
  hn::Vec<D> y[kTiles][kOutputs][kOutputs];
  add_row<0>(d, channels, tiles, filters, y);
  add_row<1>(d, channels, tiles, filters, y);
  add_row<2>(d, channels, tiles, filters, y);
  add_row<3>(d, channels, tiles, filters, y);
  add_row<4>(d, channels, tiles, filters, y);
  add_row<5>(d, channels, tiles, filters, y);
  HWY_UNROLL(3)
  for (int t = 0; t < kTiles; ++t)
    store_block<kOutputs, kOutputs>(d, y[t], result, place.image, place.row, place.column + t * kOutputs,
                                    place.channel);
}

/// Of so many tiles those that are multiplied together next: a vector of filters is loaded once for all of them. The
/// last three are, where the registers hold their sums.
int64_t tiles_next(int64_t tiles) { return kTileRows >= 14 && tiles == 3 ? 3 : std::min<int64_t>(tiles, 2); }

void convolve(const WideShape& s, const WidePart& part, int64_t images, const float* x, const float* packed,
              const ImageResult& result, float* workspace) {
  const FilterScratch scratch(s);
  float *const zeros = workspace + scratch.zeros, *const columns = workspace + scratch.columns;
  float* const tiles = workspace + scratch.tiles;
  std::fill(zeros, tiles, 0.0f);
  const int64_t channels = s.from.channels, across = s.tiles_across(), together = tiles_together(s);
  for (int64_t image = 0; image < images; ++image, x += s.from.elements())
    for (int64_t down = part.first; down < part.first + part.rows; ++down) {
      const int64_t row = down * kOutputs;
      transform_columns(s, x, row - s.top, zeros, scratch.column_row, columns);
      for (int64_t first = 0; first < across; first += together) {
        const int64_t count = std::min(together, across - first);
        transform_rows(s, columns + first * kOutputs * channels, scratch.column_row, tile_floats(s, count), tiles);
        for_filters(s.to.channels, [&](auto d) HWY_ATTR {
          constexpr int64_t kFilters = hn::MaxLanes(decltype(d)());
          const float* filters = packed;
          for (int64_t block = 0; block < filter_blocks(s, kFilters);
               ++block, filters += WideShape::kPlaces * channels * kFilters) {
            const int64_t channel = first_filter(s, kFilters, block);
            for (int64_t tile = 0, n = 0; tile < count; tile += n) {
              n = tiles_next(count - tile);
              const auto multiply = n == 3   ? multiply_tiles<3, decltype(d)>
                                    : n == 2 ? multiply_tiles<2, decltype(d)>
                                             : multiply_tiles<1, decltype(d)>;
              multiply(d, s, tiles + tile * kOutputs * channels, filters, result,
                       {image, row, (first + tile) * kOutputs, channel});
            }
          }
        });
      }
    }
}

/// Of one image; an output row's sums over the points are 8 additions and 2 multiplications a column.
Tally tally(const WideShape& s) {
  const CountedTag d;
  const int64_t lanes = filter_lanes(s), filters = filter_blocks(s, lanes) * lanes;
  int64_t row_floats = 0;
  for (int64_t first = 0; first < s.tiles_across(); first += tiles_together(s))
    row_floats += tile_floats(s, std::min(tiles_together(s), s.tiles_across() - first));
  Tally total;
  total.mul = total.add = s.tiles() * WideShape::kPlaces * s.from.channels * filters;
  add_lines(total, count_line<kTile, kTile>([&](const Counted* a, Counted* b) { T::input(d, a, b); }),
            s.tiles_down() * (s.from.width * s.from.channels + kTile * row_floats));
  add_lines(total, count_line<kTile, kOutputs>([&](const Counted* a, Counted* b) { T::output(d, a, b); }),
            s.tiles() * kTile * filters);
  total.mul += s.tiles() * 2 * kOutputs * filters, total.add += s.tiles() * 8 * kOutputs * filters;
  return total;
}

constexpr WideRoutines kRoutines{
    .most_channels = kPointFloats / 3,
    .packed_floats = packed_floats,
    .pack = pack,
    .workspace_floats = workspace_floats,
    .convolve = convolve,
    .tally = tally,
};

}  // namespace

const WideRoutines* wide_table() { return &kRoutines; }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(wide_table);

const WideRoutines& wide_routines() { return *HWY_DYNAMIC_DISPATCH(wide_table)(); }

}  // namespace tacho::simd
#endif
