// What happens to a tile of sums on its way to memory. Included once per target.
#if defined(TACHO_SIMD_TILE_END_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_TILE_END_INL_H
#undef TACHO_SIMD_TILE_END_INL_H
#else
#define TACHO_SIMD_TILE_END_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>

#include "backends/simd/bounds-inl.h"
#include "backends/simd/tile.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Lanes of one vector; a power of two.
template <class T>
inline constexpr int64_t kLanes = HWY_LANES(T);

/// Writes a tile of sums to C, whole vectors.
template <int R, int V, class D, class Vec, class T>
HWY_INLINE void end_tile(D d, Vec (&sum)[R][V], T* HWY_RESTRICT c, int64_t c_row, const TileEnd<T>& end) {
  constexpr int64_t lanes = kLanes<T>;
  if (end.add) {
    HWY_UNROLL(16)
    for (int r = 0; r < R; ++r) HWY_UNROLL(8)
    for (int v = 0; v < V; ++v) sum[r][v] = hn::Add(sum[r][v], hn::LoadU(d, c + r * c_row + v * lanes));
  }
  if (end.column_bias) {
    HWY_UNROLL(8)
    for (int v = 0; v < V; ++v) {
      const Vec bias = hn::LoadU(d, end.column_bias + v * lanes);
      HWY_UNROLL(16)
      for (int r = 0; r < R; ++r) sum[r][v] = hn::Add(sum[r][v], bias);
    }
  }
  if (end.row_bias) {
    HWY_UNROLL(16)
    for (int r = 0; r < R; ++r) {
      const Vec bias = hn::Set(d, end.row_bias[r]);
      HWY_UNROLL(8)
      for (int v = 0; v < V; ++v) sum[r][v] = hn::Add(sum[r][v], bias);
    }
  }
  if (end.added) {
    HWY_UNROLL(16)
    for (int r = 0; r < R; ++r) HWY_UNROLL(8)
    for (int v = 0; v < V; ++v) sum[r][v] = hn::Add(sum[r][v], hn::LoadU(d, end.added + r * c_row + v * lanes));
  }
  if (end.relu) {
    HWY_UNROLL(16)
    for (int r = 0; r < R; ++r) HWY_UNROLL(8)
    for (int v = 0; v < V; ++v)  // not Max: a NaN must stay one
      sum[r][v] = hn::IfThenZeroElse(hn::Lt(sum[r][v], hn::Zero(d)), sum[r][v]);
  }
  if (end.bounded) {
    const Vec least = hn::Set(d, end.least), most = hn::Set(d, end.most);
    HWY_UNROLL(16)
    for (int r = 0; r < R; ++r) HWY_UNROLL(8)
    for (int v = 0; v < V; ++v) sum[r][v] = within(least, most, sum[r][v]);
  }
  HWY_UNROLL(16)
  for (int r = 0; r < R; ++r) HWY_UNROLL(8)
  for (int v = 0; v < V; ++v) hn::StoreU(sum[r][v], d, c + r * c_row + v * lanes);
}

/// Whether loads and stores of some lanes touch nothing else and cost what whole ones do.
inline constexpr bool kMasksLanes = HWY_TARGET == HWY_AVX3;

/// The end of a tile of which only the first `columns` exist in C: element by element, or lanes by mask, from `tile`, a
/// copy of the sums of `width` columns, so that nothing beyond them is read or written.
template <class T>
HWY_NOINLINE void end_partial_tile(const T* HWY_RESTRICT tile, int64_t width, int64_t rows, int64_t columns,
                                   T* HWY_RESTRICT c, int64_t c_row, const TileEnd<T>& end) {
  if constexpr (kMasksLanes) {
    const hn::ScalableTag<T> d;
    for (int64_t j = 0; j < columns; j += kLanes<T>) {
      const auto some = hn::FirstN(d, size_t(std::min(kLanes<T>, columns - j)));
      for (int64_t r = 0; r < rows; ++r) {
        T* const to = c + r * c_row + j;
        auto x = hn::MaskedLoad(some, d, tile + r * width + j);
        if (end.add) x = hn::Add(x, hn::MaskedLoad(some, d, to));
        if (end.column_bias) x = hn::Add(x, hn::MaskedLoad(some, d, end.column_bias + j));
        if (end.row_bias) x = hn::Add(x, hn::Set(d, end.row_bias[r]));
        if (end.added) x = hn::Add(x, hn::MaskedLoad(some, d, end.added + r * c_row + j));
        if (end.bounded) x = within(hn::Set(d, end.least), hn::Set(d, end.most), x);
        if (end.relu) x = hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
        hn::BlendedStore(x, some, d, to);
      }
    }
    return;
  }
  for (int64_t r = 0; r < rows; ++r, tile += width, c += c_row) {
    for (int64_t j = 0; j < columns; ++j) {
      T x = end.add ? tile[j] + c[j] : tile[j];
      if (end.column_bias) x += end.column_bias[j];
      if (end.row_bias) x += end.row_bias[r];
      if (end.added) x += end.added[r * c_row + j];
      if (end.bounded) x = x < end.least ? end.least : x > end.most ? end.most : x;
      c[j] = end.relu && x < T(0) ? T(0) : x;
    }
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_TILE_END_INL_H
