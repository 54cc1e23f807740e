// Direct convolution of two rows of places at a time, pooled 2 x 2 while the sums are in registers, so that the
// pooling's instructions run beside the next tile's products. Included once per target.
#if defined(TACHO_SIMD_POOLED_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_POOLED_TILE_INL_H
#undef TACHO_SIMD_POOLED_TILE_INL_H
#else
#define TACHO_SIMD_POOLED_TILE_INL_H
#endif

#include "backends/simd/image_result-inl.h"
#include "backends/simd/panels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {

/// Pairs of places in each of the two rows: 2 x 6 places by two vectors fill 24 of 32 registers, 2 x 2 by two 8 of 16.
inline constexpr int kMostPairs = kTileRows >= 14 ? 3 : 1;

/// Where the left factor lies: two rows of places with their first taps at `upper` and `lower`.
struct PooledPlaces {
  const float *upper, *lower;
  int64_t place;              ///< floats to the next place
  int64_t tap_rows, tap_row;  ///< how many rows of taps, and floats from one to the next
  int64_t length;             ///< floats of a row of taps, side by side
};

/// 2 x 2 kPairs results from (row, column) on, of kVectors vectors of channels from `channel` on. The sums run over the
/// taps in order, as multiply_tile's do.
template <int kPairs, int kVectors>
HWY_NOINLINE void pooled_tile(const PooledPlaces& places, const float* HWY_RESTRICT filters, const ImageResult& given,
                              int64_t image, int64_t row, int64_t column, int64_t channel) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  V sum[2][2 * kPairs][kVectors];
  HWY_UNROLL(2)
  for (int r = 0; r < 2; ++r) HWY_UNROLL(8)
  for (int c = 0; c < 2 * kPairs; ++c) HWY_UNROLL(2)
  for (int v = 0; v < kVectors; ++v) sum[r][c][v] = hn::Zero(d);
  const float *upper = places.upper, *lower = places.lower;
  for (int64_t i = 0; i < places.tap_rows; ++i, upper += places.tap_row, lower += places.tap_row) {
    RowPointers<float, 2 * kPairs> above(upper, places.place), below(lower, places.place);
    HWY_UNROLL(1)
    for (int64_t t = 0; t < places.length; ++t, filters += kPanel) {
      add_step(d, sum[0], filters, above);
      add_step(d, sum[1], filters, below);
      above.advance(), below.advance();
    }
  }
  const ImageResult result = given;  // stores of floats may change what a reference stands for
  HWY_UNROLL(2)
  for (int v = 0; v < kVectors; ++v) HWY_UNROLL(4)
  for (int p = 0; p < kPairs; ++p) {
    V block[2][2]{{sum[0][2 * p][v], sum[0][2 * p + 1][v]}, {sum[1][2 * p][v], sum[1][2 * p + 1][v]}};
    store_block<2, 2>(d, block, result, image, row, column + 2 * p, channel + v * kLanes<float>);
  }
}

using PooledTile = void (*)(const PooledPlaces&, const float* filters, const ImageResult&, int64_t image, int64_t row,
                            int64_t column, int64_t channel);

namespace detail {
template <int kVectors, int... P>
constexpr std::array<PooledTile, sizeof...(P)> pooled_tiles_of(std::integer_sequence<int, P...>) {
  return {&pooled_tile<P + 1, kVectors>...};
}
}  // namespace detail

/// pooled_tile for 1 (at index 0) to kMostPairs pairs.
template <int kVectors>
inline constexpr auto kPooledTiles = detail::pooled_tiles_of<kVectors>(std::make_integer_sequence<int, kMostPairs>());

/// Two rows of `width` places (even), `channels` of them: whole vectors, at most a panel.
inline void pooled_rows(PooledPlaces places, int64_t width, int64_t channels, const float* filters,
                        const ImageResult& result, int64_t image, int64_t row, int64_t channel) {
  const auto& tiles = channels > kLanes<float> ? kPooledTiles<2> : kPooledTiles<1>;
  const int64_t pairs = width / 2, count = (pairs + kMostPairs - 1) / kMostPairs;
  for (int64_t tile = 0, column = 0; tile < count; ++tile) {
    const int64_t some = (pairs * (tile + 1)) / count - pairs * tile / count;
    tiles[size_t(some - 1)](places, filters, result, image, row, column, channel);
    column += 2 * some;
    places.upper += 2 * some * places.place, places.lower += 2 * some * places.place;
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_POOLED_TILE_INL_H
