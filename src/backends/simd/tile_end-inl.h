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

/// What end_tile() does to `rows` rows from column j on, one vector each.
template <class T, class Load, class Store>
HWY_INLINE void end_lanes(const T* HWY_RESTRICT tile, int64_t width, int64_t rows, int64_t j, T* HWY_RESTRICT c,
                          int64_t c_row, const TileEnd<T>& end, const Load& load, const Store& store) {
  const hn::ScalableTag<T> d;
  for (int64_t r = 0; r < rows; ++r) {
    T* const to = c + r * c_row + j;
    auto x = load(tile + r * width + j);
    if (end.add) x = hn::Add(x, load(to));
    if (end.column_bias) x = hn::Add(x, load(end.column_bias + j));
    if (end.row_bias) x = hn::Add(x, hn::Set(d, end.row_bias[r]));
    if (end.added) x = hn::Add(x, load(end.added + r * c_row + j));
    if (end.bounded) x = within(hn::Set(d, end.least), hn::Set(d, end.most), x);
    if (end.relu) x = hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
    store(x, to);
  }
}

/// The end of a tile of which only the first `columns` exist in C, from `tile`, a copy of the sums of `width` columns,
/// so that nothing beyond them is read or written: whole vectors, then lanes by mask or element by element.
template <class T>
HWY_NOINLINE void end_partial_tile(const T* HWY_RESTRICT tile, int64_t width, int64_t rows, int64_t columns,
                                   T* HWY_RESTRICT c, int64_t c_row, const TileEnd<T>& end) {
  const hn::ScalableTag<T> d;
  int64_t j = 0;
  for (; j + kLanes<T> <= columns; j += kLanes<T>)
    end_lanes(
        tile, width, rows, j, c, c_row, end, [d](const T* p) HWY_ATTR { return hn::LoadU(d, p); },
        [d](auto x, T* p) HWY_ATTR { hn::StoreU(x, d, p); });
  if (j == columns) return;
  if constexpr (kMasksLanes) {
    const auto some = hn::FirstN(d, size_t(columns - j));
    return end_lanes(
        tile, width, rows, j, c, c_row, end, [=](const T* p) HWY_ATTR { return hn::MaskedLoad(some, d, p); },
        [=](auto x, T* p) HWY_ATTR { hn::BlendedStore(x, some, d, p); });
  }
  for (int64_t r = 0; r < rows; ++r, tile += width, c += c_row) {
    for (int64_t i = j; i < columns; ++i) {
      T x = end.add ? tile[i] + c[i] : tile[i];
      if (end.column_bias) x += end.column_bias[i];
      if (end.row_bias) x += end.row_bias[r];
      if (end.added) x += end.added[r * c_row + i];
      if (end.bounded) x = x < end.least ? end.least : x > end.most ? end.most : x;
      c[i] = end.relu && x < T(0) ? T(0) : x;
    }
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_TILE_END_INL_H
