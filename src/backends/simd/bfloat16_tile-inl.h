// The tile of products whose factors are bfloat16: as tile-inl.h, but each step takes a pair of steps of the summed
// index, and their two products go to a float32 sum by one instruction. A pair is kept as a float, whose bits it is:
// it is only moved. For AVX-512 with BF16; included once per target, empty for the others.
#if defined(TACHO_SIMD_BFLOAT16_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_BFLOAT16_TILE_INL_H
#undef TACHO_SIMD_BFLOAT16_TILE_INL_H
#else
#define TACHO_SIMD_BFLOAT16_TILE_INL_H
#endif

#include "backends/simd/tile-inl.h"

/// Whether this target may have the instructions; whether the machine has them is asked when a kernel is made.
#undef TACHO_SIMD_BFLOAT16
#if HWY_TARGET == HWY_AVX3
#define TACHO_SIMD_BFLOAT16 1
#else
#define TACHO_SIMD_BFLOAT16 0
#endif

#if TACHO_SIMD_BFLOAT16
/// In the place of HWY_BEFORE_NAMESPACE where the instructions are used.
#undef TACHO_BEFORE_BFLOAT16
#define TACHO_BEFORE_BFLOAT16() HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512bf16")

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {

/// Pairs of `count` floats; the last one of an odd number has a zero in it.
HWY_INLINE constexpr int64_t pairs_of(int64_t count) { return (count + 1) / 2; }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

TACHO_BEFORE_BFLOAT16();
namespace tacho::simd {
namespace HWY_NAMESPACE {

/// Vectors of bfloat16 and of pairs are the same bits.
HWY_INLINE __m512bh as_pairs(__m512 v) { return (__m512bh)v; }
HWY_INLINE __m512 as_floats(__m512bh v) { return (__m512)v; }

/// sum[r][v] += the two products of pair x(r) with the pairs of B[v].
template <int R, int V, class Vec, class Left>
HWY_INLINE void add_pairs(Vec (&sum)[R][V], const float* HWY_RESTRICT b, Left left) {
  __m512bh right[V];
  HWY_UNROLL(8)
  for (int v = 0; v < V; ++v) right[v] = as_pairs(_mm512_loadu_ps(b + v * kLanes<float>));
  HWY_UNROLL(16)
  for (int r = 0; r < R; ++r) {
    const __m512bh x = as_pairs(_mm512_set1_ps(*left(r)));
    HWY_UNROLL(8)
    for (int v = 0; v < V; ++v) sum[r][v].raw = _mm512_dpbf16_ps(sum[r][v].raw, x, right[v]);
  }
}

/// As add_steps: `pairs` and the distances of `a` and `b` are in pairs.
template <int R, int V, class Vec>
HWY_INLINE void add_all_pairs(Vec (&sum)[R][V], int64_t pairs, StepsTogether<float> a, const float* HWY_RESTRICT b,
                              int64_t b_step) {
  for (; pairs > 0; pairs -= a.chunk, a.data += a.chunk_stride) {
    RowPointers<float, R> rows(a.data, a.row);
    const int64_t steps = std::min(pairs, a.chunk);
    HWY_UNROLL(1)
    for (int64_t i = 0; i < steps; ++i, b += b_step) {
      add_pairs(sum, b, rows);
      rows.advance();
    }
  }
}
template <int R, int V, class Vec>
HWY_INLINE void add_all_pairs(Vec (&sum)[R][V], int64_t pairs, RowsTogether<float> a, const float* HWY_RESTRICT b,
                              int64_t b_step) {
  HWY_UNROLL(2)
  for (int64_t i = 0; i < pairs; ++i, b += b_step, a.data += a.step) add_pairs(sum, b, Column<float>{a.data});
}

/// As multiply_tile, with k counted in pairs.
template <int R, int V, class A>
HWY_NOINLINE void multiply_pair_tile(const A& a, int64_t pairs, const float* HWY_RESTRICT b, int64_t b_step,
                                     int64_t columns, float* HWY_RESTRICT c, int64_t c_row, const TileEnd<float>& end) {
  const hn::ScalableTag<float> d;
  hn::Vec<decltype(d)> sum[R][V];
  HWY_UNROLL(16)
  for (int r = 0; r < R; ++r) HWY_UNROLL(8)
  for (int v = 0; v < V; ++v) sum[r][v] = hn::Zero(d);
  if (pairs >= kStepsWorthPrefetch) {
    for (int r = 0; r < R; ++r) {
      hwy::Prefetch(c + r * c_row);
      hwy::Prefetch(c + r * c_row + columns - 1);
    }
  }
  add_all_pairs(sum, pairs, a, b, b_step);
  constexpr int64_t width = V * kLanes<float>;
  if (columns == width) return end_tile(d, sum, c, c_row, end);
  HWY_ALIGN float tile[R * width];
  end_tile(d, sum, tile, width, TileEnd<float>{});
  end_partial_tile(tile, width, R, columns, c, c_row, end);
}

namespace detail {
template <class A, int V, int... R>
constexpr std::array<TileFunction<float, A>, sizeof...(R)> pair_tiles_of(std::integer_sequence<int, R...>) {
  return {&multiply_pair_tile<R + 1, V, A>...};
}
}  // namespace detail

template <class A, int V>
inline constexpr auto kPairTiles = detail::pair_tiles_of<A, V>(std::make_integer_sequence<int, kTileRows>());

HWY_INLINE __mmask16 first_lanes(int64_t count) {
  return count >= 16 ? __mmask16(0xFFFF) : __mmask16((1u << std::max<int64_t>(count, 0)) - 1);
}

/// `count` floats side by side to pairs side by side, rounded to nearest, ties to even.
HWY_INLINE void round_run(const float* HWY_RESTRICT from, int64_t count, float* HWY_RESTRICT to) {
  for (; count >= 32; count -= 32, from += 32, to += 16)
    _mm512_storeu_ps(to, as_floats(_mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + 16), _mm512_loadu_ps(from))));
  if (count <= 0) return;
  const __m512 low = _mm512_maskz_loadu_ps(first_lanes(count), from);
  const __m512 high = _mm512_maskz_loadu_ps(first_lanes(count - 16), from + 16);
  _mm512_mask_storeu_ps(to, first_lanes(pairs_of(count)), as_floats(_mm512_cvtne2ps_pbh(high, low)));
}

/// Pairs (low[i], high[i]).
HWY_INLINE __m512 zipped_pairs(__m512 low, __m512 high) {
  alignas(64) static constexpr uint16_t kOrder[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(high, low);
  return _mm512_castsi512_ps(_mm512_permutexvar_epi16(_mm512_load_si512(kOrder), both));
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

// What follows may be inlined where the instructions are not used.
HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {

/// multiply_pair_tile for any 1 <= rows <= kTileRows and 1 <= columns <= kPanelColumns<float>.
template <class A>
HWY_INLINE void multiply_any_pair_tile(int64_t rows, const A& a, int64_t pairs, const float* b, int64_t b_step,
                                       int64_t columns, float* c, int64_t c_row, const TileEnd<float>& end) {
  static_assert(kTileVectors == 2);
  if (columns > kLanes<float>) kPairTiles<A, 2>[size_t(rows - 1)](a, pairs, b, b_step, columns, c, c_row, end);
  else kPairTiles<A, 1>[size_t(rows - 1)](a, pairs, b, b_step, columns, c, c_row, end);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();
#endif  // TACHO_SIMD_BFLOAT16

#endif  // TACHO_SIMD_BFLOAT16_TILE_INL_H
