// Transposition of matrices whose elements are 4 or 8 bytes, through registers. Included once per target.
#if defined(TACHO_SIMD_TRANSPOSE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_TRANSPOSE_INL_H
#undef TACHO_SIMD_TRANSPOSE_INL_H
#else
#define TACHO_SIMD_TRANSPOSE_INL_H
#endif

#include <hwy/highway.h>

#include <array>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// One vector from blocks of 16 bytes, block i from p + i * stride.
template <class D>
HWY_INLINE hn::Vec<D> load_blocks(D d, const hn::TFromD<D>* p, int64_t stride) {
  if constexpr (hn::MaxLanes(D()) * sizeof(hn::TFromD<D>) <= 16) {
    return hn::LoadU(d, p);
  } else {
    const hn::Half<D> half;
    constexpr int64_t blocks = int64_t(hn::MaxLanes(half) * sizeof(hn::TFromD<D>)) / 16;
    return hn::Combine(d, load_blocks(half, p + blocks * stride, stride), load_blocks(half, p, stride));
  }
}

/// Reads as many rows as D has lanes, 16 bytes of each, from + i * from_stride, and writes the columns, one vector
/// each, to + j * to_stride (4 columns of 4-byte elements, 2 of 8-byte ones).
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void transpose_block(D d, const T* HWY_RESTRICT from, int64_t from_stride, T* HWY_RESTRICT to,
                                int64_t to_stride) {
  if constexpr (sizeof(T) == 4) {
    const hn::Repartition<uint64_t, decltype(d)> d64;
    // Block b of vector i is row 4 b + i, so that the columns come out in the order of the rows.
    const auto r0 = load_blocks(d, from, 4 * from_stride), r1 = load_blocks(d, from + from_stride, 4 * from_stride);
    const auto r2 = load_blocks(d, from + 2 * from_stride, 4 * from_stride);
    const auto r3 = load_blocks(d, from + 3 * from_stride, 4 * from_stride);
    const auto low01 = hn::BitCast(d64, hn::InterleaveLower(d, r0, r1));
    const auto low23 = hn::BitCast(d64, hn::InterleaveLower(d, r2, r3));
    const auto high01 = hn::BitCast(d64, hn::InterleaveUpper(d, r0, r1));
    const auto high23 = hn::BitCast(d64, hn::InterleaveUpper(d, r2, r3));
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, low01, low23)), d, to);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, low01, low23)), d, to + to_stride);
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, high01, high23)), d, to + 2 * to_stride);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, high01, high23)), d, to + 3 * to_stride);
  } else {
    static_assert(sizeof(T) == 8);
    const auto r0 = load_blocks(d, from, 2 * from_stride), r1 = load_blocks(d, from + from_stride, 2 * from_stride);
    hn::StoreU(hn::InterleaveLower(d, r0, r1), d, to);
    hn::StoreU(hn::InterleaveUpper(d, r0, r1), d, to + to_stride);
  }
}

/// The blocks of 16 bytes of a vector, block i to p + i * stride.
template <class D>
HWY_INLINE void store_blocks(D d, hn::Vec<D> v, hn::TFromD<D>* p, int64_t stride) {
  if constexpr (hn::MaxLanes(D()) * sizeof(hn::TFromD<D>) <= 16) {
    hn::StoreU(v, d, p);
  } else {
    const hn::Half<D> half;
    constexpr int64_t blocks = int64_t(hn::MaxLanes(half) * sizeof(hn::TFromD<D>)) / 16;
    store_blocks(half, hn::LowerHalf(half, v), p, stride);
    store_blocks(half, hn::UpperHalf(half, v), p + blocks * stride, stride);
  }
}

/// transpose_block the other way: four vectors of 4-byte elements become as many rows of 16 bytes as they have lanes,
/// to + i * stride.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void store_interleaved(D d, V a, V b, V c, V e, hn::TFromD<D>* to, int64_t stride) {
  const hn::Repartition<uint64_t, D> d64;
  const auto low_ab = hn::BitCast(d64, hn::InterleaveLower(d, a, b));
  const auto low_ce = hn::BitCast(d64, hn::InterleaveLower(d, c, e));
  const auto high_ab = hn::BitCast(d64, hn::InterleaveUpper(d, a, b));
  const auto high_ce = hn::BitCast(d64, hn::InterleaveUpper(d, c, e));
  // Block b of each of them is row 4 b and the three behind it.
  store_blocks(d, hn::BitCast(d, hn::InterleaveLower(d64, low_ab, low_ce)), to, 4 * stride);
  store_blocks(d, hn::BitCast(d, hn::InterleaveUpper(d64, low_ab, low_ce)), to + stride, 4 * stride);
  store_blocks(d, hn::BitCast(d, hn::InterleaveLower(d64, high_ab, high_ce)), to + 2 * stride, 4 * stride);
  store_blocks(d, hn::BitCast(d, hn::InterleaveUpper(d64, high_ab, high_ce)), to + 3 * stride, 4 * stride);
}

/// Lanes turned so that interleaving two vectors within their blocks of 16 bytes gives the pairs of their first half,
/// and of their second, in order.
template <int64_t kLanes>
constexpr std::array<int32_t, kLanes> halves_in_blocks() {
  std::array<int32_t, kLanes> from{};
  for (int64_t i = 0; i < kLanes; ++i) from[size_t(i)] = int32_t(i / 4 * 2 + i % 2 + (i % 4 / 2) * (kLanes / 2));
  return from;
}

/// As many places of six or eight channels as a vector has lanes, side by side, out of one vector a channel: pairs of
/// channels are elements of twice the size. For vectors of more than one block.
template <int kChannels, class D, class V = hn::Vec<D>>
HWY_INLINE void store_pairs(D d, const V (&v)[kChannels], float* HWY_RESTRICT to) {
  static_assert(kChannels == 6 || kChannels == 8);
  const hn::Repartition<uint64_t, D> d64;
  constexpr int64_t kLanes = hn::MaxLanes(D());
  static constexpr std::array<int32_t, kLanes> kTurned = halves_in_blocks<kLanes>();
  const auto turned = hn::SetTableIndices(d, kTurned.data());
  hn::Vec<decltype(d64)> low[kChannels / 2], high[kChannels / 2];
  HWY_UNROLL(4)
  for (int k = 0; k < kChannels; k += 2) {
    const V a = hn::TableLookupLanes(v[k], turned), b = hn::TableLookupLanes(v[k + 1], turned);
    low[k / 2] = hn::BitCast(d64, hn::InterleaveLower(d, a, b));
    high[k / 2] = hn::BitCast(d64, hn::InterleaveUpper(d, a, b));
  }
  uint64_t* const first = reinterpret_cast<uint64_t*>(to);
  uint64_t* const second = reinterpret_cast<uint64_t*>(to + kLanes / 2 * kChannels);
  if constexpr (kChannels == 6) {
    hn::StoreInterleaved3(low[0], low[1], low[2], d64, first);
    hn::StoreInterleaved3(high[0], high[1], high[2], d64, second);
  } else {
    hn::StoreInterleaved4(low[0], low[1], low[2], low[3], d64, first);
    hn::StoreInterleaved4(high[0], high[1], high[2], high[3], d64, second);
  }
}

/// The other way.
template <int kChannels, class D, class V = hn::Vec<D>>
HWY_INLINE void load_pairs(D d, const float* HWY_RESTRICT from, V (&v)[kChannels]) {
  static_assert(kChannels == 6 || kChannels == 8);
  const hn::Repartition<uint64_t, D> d64;
  using Pairs = hn::Vec<decltype(d64)>;
  constexpr int64_t kLanes = hn::MaxLanes(D());
  const uint64_t* const first = reinterpret_cast<const uint64_t*>(from);
  const uint64_t* const second = reinterpret_cast<const uint64_t*>(from + kLanes / 2 * kChannels);
  Pairs low[4], high[4];
  if constexpr (kChannels == 6) {
    hn::LoadInterleaved3(d64, first, low[0], low[1], low[2]);
    hn::LoadInterleaved3(d64, second, high[0], high[1], high[2]);
  } else {
    hn::LoadInterleaved4(d64, first, low[0], low[1], low[2], low[3]);
    hn::LoadInterleaved4(d64, second, high[0], high[1], high[2], high[3]);
  }
  HWY_UNROLL(4)
  for (int k = 0; k < kChannels; k += 2) {
    v[k] = hn::ConcatEven(d, hn::BitCast(d, high[k / 2]), hn::BitCast(d, low[k / 2]));
    v[k + 1] = hn::ConcatOdd(d, hn::BitCast(d, high[k / 2]), hn::BitCast(d, low[k / 2]));
  }
}

/// A square of 16 bytes a side: 4 x 4 elements of 4 bytes, 2 x 2 of 8.
template <class T>
HWY_INLINE void transpose_square(const T* HWY_RESTRICT from, int64_t from_stride, T* HWY_RESTRICT to,
                                 int64_t to_stride) {
  transpose_block(hn::FixedTag<T, 16 / sizeof(T)>(), from, from_stride, to, to_stride);
}

/// to[j * to_stride + i] = from[i * from_stride + j] for i < rows, j < columns. T: any type of 1, 4 or 8 bytes; the
/// smallest goes element by element.
template <class T>
HWY_INLINE void transpose(const T* HWY_RESTRICT from, int64_t rows, int64_t columns, int64_t from_stride,
                          T* HWY_RESTRICT to, int64_t to_stride) {
  int64_t i = 0;
  if constexpr (sizeof(T) >= 4) {
    constexpr int64_t block_rows = HWY_LANES(T), block_columns = 16 / int64_t(sizeof(T));
    for (; i + block_rows <= rows; i += block_rows) {
      int64_t j = 0;
      for (; j + block_columns <= columns; j += block_columns)
        transpose_block(hn::ScalableTag<T>(), from + i * from_stride + j, from_stride, to + j * to_stride + i,
                        to_stride);
      for (; j < columns; ++j)
        for (int64_t r = i; r < i + block_rows; ++r) to[j * to_stride + r] = from[r * from_stride + j];
    }
  }
  for (; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) to[j * to_stride + i] = from[i * from_stride + j];
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_TRANSPOSE_INL_H
