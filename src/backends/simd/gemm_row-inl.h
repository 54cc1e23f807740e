// Products of one row, as one example's fully connected layers are. Included once per target.
#if defined(TACHO_SIMD_GEMM_ROW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_GEMM_ROW_INL_H
#undef TACHO_SIMD_GEMM_ROW_INL_H
#else
#define TACHO_SIMD_GEMM_ROW_INL_H
#endif

#include <algorithm>

#include "backends/simd/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {

/// The first `columns` columns of kPanels packed panels, `panel` apart, of one row of C. Sums run over `steps` in
/// order, as a tile's do; a tile of one row has two of them, which wait for their own additions.
template <class T, int kPanels>
HWY_NOINLINE void multiply_row_by(const T* HWY_RESTRICT a, int64_t steps, const T* HWY_RESTRICT b, int64_t panel,
                                  int64_t columns, T* HWY_RESTRICT c, const TileEnd<T>& end) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int64_t width = kPanelColumns<T>;
  V sum[kPanels][1][kTileVectors];
  HWY_UNROLL(4)
  for (int p = 0; p < kPanels; ++p) HWY_UNROLL(2)
  for (int v = 0; v < kTileVectors; ++v) sum[p][0][v] = hn::Zero(d);
  HWY_UNROLL(1)
  for (int64_t i = 0; i < steps; ++i, b += width) {
    const V x = hn::Set(d, a[i]);
    HWY_UNROLL(4)
    for (int p = 0; p < kPanels; ++p) HWY_UNROLL(2)
    for (int v = 0; v < kTileVectors; ++v)
      sum[p][0][v] = hn::MulAdd(x, hn::LoadU(d, b + p * panel + v * kLanes<T>), sum[p][0][v]);
  }
  HWY_UNROLL(4)
  for (int p = 0; p < kPanels; ++p) {
    const int64_t first = p * width, some = std::min(width, columns - first);
    const TileEnd<T> own = end.from(0, first, 0);
    if (some == width) {
      end_tile(d, sum[p], c + first, 0, own);
      continue;
    }
    HWY_ALIGN T tile[width];
    end_tile(d, sum[p], tile, width, TileEnd<T>{});
    end_partial_tile(tile, width, 1, some, c + first, 0, own);
  }
}

/// One row of C (1 x columns) (+)= a B with B in packed panels, `panel` apart; the last may have fewer columns.
template <class T>
void multiply_row(const T* a, int64_t steps, const T* b, int64_t panel, int64_t columns, T* c, const TileEnd<T>& end) {
  constexpr int64_t width = kPanelColumns<T>, most = 4;
  for (int64_t j = 0; j < columns; j += most * width, b += most * panel) {
    const int64_t left = columns - j;
    const TileEnd<T> own = end.from(0, j, 0);
    if (left > 3 * width) multiply_row_by<T, 4>(a, steps, b, panel, std::min(left, most * width), c + j, own);
    else if (left > 2 * width) multiply_row_by<T, 3>(a, steps, b, panel, left, c + j, own);
    else if (left > width) multiply_row_by<T, 2>(a, steps, b, panel, left, c + j, own);
    else multiply_row_by<T, 1>(a, steps, b, panel, left, c + j, own);
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_GEMM_ROW_INL_H
