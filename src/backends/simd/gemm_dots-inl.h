// Products of few columns, which would leave most of a vector empty, as a layer of ten classes does: scalar products of
// rows of A and columns of B, summed along vectors. Included once per target.
#if defined(TACHO_SIMD_GEMM_DOTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_GEMM_DOTS_INL_H
#undef TACHO_SIMD_GEMM_DOTS_INL_H
#else
#define TACHO_SIMD_GEMM_DOTS_INL_H
#endif

#include "backends/simd/gemm_gate-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {

/// Of a tile: 5 x 5 sums and six vectors of factors in 32 registers, 25 multiply-adds for 10 loads; 3 x 4 in 16.
inline constexpr int64_t kDotRows = kTileRows < 14 ? 3 : 5, kDotColumns = kTileRows < 14 ? 4 : 5;
inline constexpr int64_t kMostDotColumns = 12;
/// Adding up a vector costs as much as a few steps.
template <class T>
inline constexpr int64_t kFewestDotSteps = 16 * kLanes<T>;

/// Whether a product of rows of A is made so.
template <class T>
constexpr bool is_dots(int64_t n, int64_t k) {
  return kLanes<T> > 1 && n <= kMostDotColumns && n * 4 <= round_up(n, kLanes<T>) * 3 && k >= kFewestDotSteps<T>;
}

#if HWY_TARGET == HWY_AVX3
/// Where two vectors each hold parts of some sums in halves, blocks or pairs, one vector with the sums of these parts.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V add_halves(D d, V x, V y) {
  return hn::Add(hn::ConcatLowerLower(d, y, x), hn::ConcatUpperUpper(d, y, x));
}
template <class V>
HWY_INLINE V add_blocks(V x, V y) {
  return hn::Add(hn::OddEvenBlocks(hn::SwapAdjacentBlocks(y), x), hn::OddEvenBlocks(y, hn::SwapAdjacentBlocks(x)));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V add_pairs(D d, V x, V y) {
  const hn::Repartition<uint64_t, D> d64;
  const auto a = hn::BitCast(d64, x), b = hn::BitCast(d64, y);
  return hn::Add(hn::BitCast(d, hn::InterleaveLower(d64, a, b)), hn::BitCast(d, hn::InterleaveUpper(d64, a, b)));
}

/// The sums of the lanes of up to five vectors of 16, one behind the other; each is made in the order of SumOfLanes.
template <class D, int C, class V = hn::Vec<D>>
HWY_INLINE V sums_of_lanes(D d, const V (&v)[C]) {
  static_assert(C <= 5 && HWY_LANES(float) == 16);
  alignas(64) static constexpr int32_t kLane[16] = {0, 8, 4, 12, 2};
  const V& last = v[C - 1];
  const V first = add_halves(d, v[0], v[C > 1 ? 1 : 0]);
  const V four = add_blocks(first, C > 2 ? add_halves(d, v[C > 2 ? 2 : 0], v[C > 3 ? 3 : C - 1]) : first);
  V all = four;
  if constexpr (C > 4) {
    const V fifth = add_halves(d, last, last);
    all = add_blocks(fifth, fifth);
  }
  const V twice = add_pairs(d, four, all);
  return hn::TableLookupLanes(hn::Add(twice, hn::Shuffle2301(twice)), hn::SetTableIndices(d, kLane));
}
#endif

/// sums[r * sums_row + c] for R rows of A and C columns of B, each column `b_stride` behind the one before it.
template <class T, int R, int C>
HWY_NOINLINE void dots(const T* HWY_RESTRICT a, int64_t a_stride, const T* HWY_RESTRICT b, int64_t b_stride, int64_t k,
                       T* HWY_RESTRICT sums, int64_t sums_row) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int64_t lanes = kLanes<T>;
  V sum[R][C];
  HWY_UNROLL(8)
  for (int r = 0; r < R; ++r) HWY_UNROLL(8)
  for (int c = 0; c < C; ++c) sum[r][c] = hn::Zero(d);
  const auto step = [&](int64_t p, auto load) HWY_ATTR {
    V left[R];
    HWY_UNROLL(8)
    for (int r = 0; r < R; ++r) left[r] = load(a + r * a_stride + p);
    HWY_UNROLL(8)
    for (int c = 0; c < C; ++c) {
      const V right = load(b + c * b_stride + p);
      HWY_UNROLL(8)
      for (int r = 0; r < R; ++r) sum[r][c] = hn::MulAdd(left[r], right, sum[r][c]);
    }
  };
  int64_t p = 0;
  HWY_UNROLL(1)
  for (; p + lanes <= k; p += lanes) step(p, [&](const T* x) HWY_ATTR { return hn::LoadU(d, x); });
  if (p < k) {
    const auto some = hn::FirstN(d, size_t(k - p));
    step(p, [&](const T* x) HWY_ATTR { return hn::MaskedLoad(some, d, x); });
  }
#if HWY_TARGET == HWY_AVX3
  if constexpr (sizeof(T) == 4) {
    const auto some = hn::FirstN(d, C);
    HWY_UNROLL(8)
    for (int r = 0; r < R; ++r) hn::BlendedStore(sums_of_lanes(d, sum[r]), some, d, sums + r * sums_row);
    return;
  }
#endif
  HWY_UNROLL(8)
  for (int r = 0; r < R; ++r) HWY_UNROLL(8)
  for (int c = 0; c < C; ++c) sums[r * sums_row + c] = hn::GetLane(hn::SumOfLanes(d, sum[r][c]));
}

template <class T>
using DotsFunction = void (*)(const T*, int64_t, const T*, int64_t, int64_t, T*, int64_t);

namespace detail {
template <class T, int... I>
constexpr std::array<DotsFunction<T>, sizeof...(I)> dots_of(std::integer_sequence<int, I...>) {
  return {&dots<T, I / int(kDotColumns) + 1, I % int(kDotColumns) + 1>...};
}
}  // namespace detail

/// dots() of R rows and C columns at [(R - 1) * kDotColumns + C - 1].
template <class T>
inline constexpr auto kDots = detail::dots_of<T>(std::make_integer_sequence<int, int(kDotRows* kDotColumns)>());

/// C (m x n) (+)= A B of a few columns, A not transposed. Each sum is made in the same order, whatever m is. A packed B
/// has its columns one behind the other, k elements each, as a transposed one has them without.
template <class T>
class DotsProduct {
 public:
  DotsProduct(const MatrixProduct<T>& p, T* workspace)
      : p_(p), gated_a_(p.a_gate, p.a), gated_b_(p.b_gate, p.b), right_(workspace), left_(workspace + 2 * p.n * p.k) {}

  /// Of products of up to n columns, few of which are made so.
  static size_t workspace_bytes(int64_t n, int64_t k) {
    if (k < kFewestDotSteps<T>) return 0;
    return size_t((2 * std::min(n, kMostDotColumns) + kDotRows) * k) * sizeof(T);
  }

  void run() {
    const T* b = p_.packed_b;
    int64_t b_stride = p_.k;
    if (!b && p_.b_transposed && !gated_b_) b = p_.b, b_stride = p_.b_stride;
    else if (!b) b = packed_right();
    for (int64_t i = 0; i < p_.m; i += kDotRows) {
      const int64_t rows = std::min(kDotRows, p_.m - i);
      const T* a = p_.a + i * p_.a_stride;
      if (gated_a_) {
        gated_a_.make(a, p_.a_stride, rows, p_.k, left_);
        multiply(i, rows, left_, p_.k, b, b_stride);
      } else {
        multiply(i, rows, a, p_.a_stride, b, b_stride);
      }
    }
    follow(p_.then, p_.c, 0, p_.m, p_.n, p_.c_stride);
  }

 private:
  const T* packed_right() const {
    if (p_.b_transposed) {
      gated_b_.make(p_.b, p_.b_stride, p_.n, p_.k, right_);
    } else if (gated_b_) {
      T* const made = right_ + p_.n * p_.k;
      gated_b_.make(p_.b, p_.b_stride, p_.k, p_.n, made);
      transpose(made, p_.k, p_.n, p_.n, right_, p_.k);
    } else {
      transpose(p_.b, p_.k, p_.n, p_.b_stride, right_, p_.k);
    }
    return right_;
  }

  /// Columns in parts as equal as possible.
  void multiply(int64_t i, int64_t rows, const T* a, int64_t a_stride, const T* b, int64_t b_stride) const {
    T own[kDotRows * kMostDotColumns];
    T* const c = p_.c + i * p_.c_stride;
    const bool plain = p_.end.plain() && !p_.end.add;
    T* const sums = plain ? c : own;
    const int64_t sums_row = plain ? p_.c_stride : kMostDotColumns;
    for (int64_t parts = (p_.n + kDotColumns - 1) / kDotColumns, j = 0; parts > 0; --parts) {
      const int64_t columns = (p_.n - j + parts - 1) / parts;
      kDots<T>[size_t((rows - 1) * kDotColumns + columns - 1)](a, a_stride, b + j * b_stride, b_stride, p_.k, sums + j,
                                                               sums_row);
      j += columns;
    }
    if (!plain) end_partial_tile(own, sums_row, rows, p_.n, c, p_.c_stride, p_.end.from(i, 0, p_.c_stride));
  }

  const MatrixProduct<T>& p_;
  GatedFactor<T> gated_a_, gated_b_;
  T *right_, *left_;
};

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_GEMM_DOTS_INL_H
