// Factors of a product in the order in which the tiles read them. Included once per target.
#if defined(TACHO_SIMD_GEMM_PACK_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_GEMM_PACK_INL_H
#undef TACHO_SIMD_GEMM_PACK_INL_H
#else
#define TACHO_SIMD_GEMM_PACK_INL_H
#endif

#include "backends/simd/tile-inl.h"
#include "backends/simd/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {

/// n rounded up to a multiple of m.
HWY_INLINE int64_t round_up(int64_t n, int64_t m) { return (n + m - 1) / m * m; }

/// `count` elements, and zeros up to `width`.
template <class T>
HWY_INLINE void copy_padded(const T* HWY_RESTRICT from, int64_t count, T* HWY_RESTRICT to, int64_t width) {
  const hn::ScalableTag<T> d;
  int64_t i = 0;
  for (; i + kLanes<T> <= count; i += kLanes<T>) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  for (; i < count; ++i) to[i] = from[i];
  for (; i < width; ++i) to[i] = T(0);
}

/// A row-major A (rows x k) as panels of rows: chunks of a vector of steps, row after row. Panels follow each other as
/// RowSplit(rows) has them, each round_up(k) x its rows long; so packing is copying, and the panel of the rows from
/// `first` begins at first * round_up(k, kLanes<T>).
template <class T>
void pack_rows(const T* HWY_RESTRICT a, int64_t stride, int64_t rows, int64_t k, T* HWY_RESTRICT packed) {
  constexpr int64_t lanes = kLanes<T>;
  const RowSplit split(rows);
  for (int64_t tile = 0; tile < split.tiles; ++tile) {
    const int64_t count = split.rows(tile);
    for (int64_t r = 0; r < count; ++r, a += stride) {
      T* to = packed + r * lanes;
      for (int64_t p = 0; p < k; p += lanes, to += count * lanes) copy_padded(a + p, std::min(lanes, k - p), to, lanes);
    }
    packed += count * round_up(k, lanes);
  }
}

/// A transposed A (k x rows) as panels of rows, each step's rows side by side.
template <class T>
void pack_columns(const T* HWY_RESTRICT a, int64_t stride, int64_t rows, int64_t k, T* HWY_RESTRICT packed) {
  const RowSplit split(rows);
  for (int64_t tile = 0; tile < split.tiles; ++tile) {
    const int64_t count = split.rows(tile), first = split.first(tile);
    for (int64_t p = 0; p < k; ++p, packed += count) copy_padded(a + p * stride + first, count, packed, count);
  }
}

/// k steps of B (row-major) as panels of kPanelColumns<T> columns, each k x kPanelColumns<T>; behind the last column
/// zeros.
template <class T>
void pack_panels(const T* HWY_RESTRICT b, int64_t stride, int64_t n, int64_t k, T* HWY_RESTRICT packed) {
  constexpr int64_t width = kPanelColumns<T>;
  for (int64_t j = 0; j < n; j += width)
    for (int64_t p = 0; p < k; ++p, packed += width)
      copy_padded(b + p * stride + j, std::min(width, n - j), packed, width);
}

/// The same from a transposed B (n x k).
template <class T>
void pack_transposed_panels(const T* HWY_RESTRICT b, int64_t stride, int64_t n, int64_t k, T* HWY_RESTRICT packed) {
  constexpr int64_t width = kPanelColumns<T>;
  for (int64_t j = 0; j < n; j += width, packed += k * width) {
    const int64_t columns = std::min(width, n - j);
    transpose(b + j * stride, columns, k, stride, packed, width);
    if (columns < width)
      for (int64_t p = 0; p < k; ++p) std::fill(packed + p * width + columns, packed + (p + 1) * width, T(0));
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_GEMM_PACK_INL_H
