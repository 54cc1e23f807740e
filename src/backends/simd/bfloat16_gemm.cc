// Products of matrices with factors rounded to bfloat16 while they are packed, and float32 sums: blocked as gemm.cc
// blocks with 32 registers, but both factors are always packed, for they are read as pairs.
#include "backends/simd/gemm.h"
#include "backends/simd/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/bfloat16_gemm.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backends/simd/bfloat16_tile-inl.h"
#include "backends/simd/gemm_pack-inl.h"

#if TACHO_SIMD_BFLOAT16
TACHO_BEFORE_BFLOAT16();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

constexpr int64_t kWidth = kPanelColumns<float>;
/// Tiles of a transposed A that are packed together: it is read in runs of that many tiles' rows.
constexpr int64_t kTilesTogether = 8;
/// Between the rows of a packed panel, so that they do not all fall on the same few sets of the first cache.
constexpr int64_t kRowGap = 16;

/// k steps of B as panels of kWidth columns, each pairs x kWidth; behind the last column and step zeros.
void round_panels(const float* HWY_RESTRICT b, int64_t stride, int64_t n, int64_t k, float* HWY_RESTRICT packed) {
  constexpr int64_t together = 8;  // pairs of steps at a time for all panels: each may stand on a page of its own
  const int64_t pairs = pairs_of(k);
  for (int64_t p = 0; p < pairs; p += together) {
    const int64_t end = std::min(p + together, pairs);
    for (int64_t j = 0; j < n; j += kWidth) {
      const __mmask16 masks[] = {first_lanes(n - j), first_lanes(n - j - 16)};
      for (int64_t q = p; q < end; ++q) {
        const float* from = b + 2 * q * stride + j;
        float* to = packed + j * pairs + q * kWidth;
        const bool two = 2 * q + 1 < k;
        for (int v = 0; v < kTileVectors; ++v)
          _mm512_storeu_ps(to + 16 * v,
                           zipped_pairs(_mm512_maskz_loadu_ps(masks[v], from + 16 * v),
                                        _mm512_maskz_loadu_ps(two ? masks[v] : __mmask16(0), from + stride + 16 * v)));
      }
    }
  }
}

/// The same from a transposed B (n x k).
void round_transposed_panels(const float* HWY_RESTRICT b, int64_t stride, int64_t n, int64_t k,
                             float* HWY_RESTRICT packed) {
  constexpr int64_t together = 32;  // pairs: the square of pairs stays in the first cache
  HWY_ALIGN float square[kWidth * together];
  const int64_t pairs = pairs_of(k);
  for (int64_t j = 0; j < n; j += kWidth) {
    const int64_t columns = std::min(kWidth, n - j);
    std::fill(square + columns * together, square + kWidth * together, 0.0f);
    for (int64_t p = 0; p < pairs; p += together) {
      const int64_t some = std::min(together, pairs - p);
      for (int64_t c = 0; c < columns; ++c)
        round_run(b + (j + c) * stride + 2 * p, std::min(k - 2 * p, 2 * together), square + c * together);
      transpose(square, kWidth, some, together, packed + j * pairs + p * kWidth, kWidth);
    }
  }
}

/// The rows of tiles [tile, end) of A (row-major, from their first row and step on) as pairs, `row` apart.
void round_rows(const float* HWY_RESTRICT a, int64_t stride, int64_t rows, int64_t k, float* HWY_RESTRICT packed,
                int64_t row) {
  for (int64_t r = 0; r < rows; ++r) round_run(a + r * stride, k, packed + r * row);
}

/// The rows of tiles [tile, end) of a transposed A, which begins at the first of them: for each tile pairs x rows.
void round_columns(const float* HWY_RESTRICT a, int64_t stride, const RowSplit& split, int64_t tile, int64_t end,
                   int64_t k, float* HWY_RESTRICT packed) {
  const int64_t pairs = pairs_of(k), first = split.first(tile);
  for (int64_t p = 0; p < pairs; ++p, a += 2 * stride)
    for (int64_t t = tile; t < end; ++t) {
      const int64_t rows = split.rows(t), before = split.first(t) - first;
      const __mmask16 mask = first_lanes(rows);
      const bool two = 2 * p + 1 < k;
      _mm512_mask_storeu_ps(packed + before * pairs + p * rows, mask,
                            zipped_pairs(_mm512_maskz_loadu_ps(mask, a + before),
                                         _mm512_maskz_loadu_ps(two ? mask : __mmask16(0), a + stride + before)));
    }
}

/// A block of B (k x n) is packed and stays in L2 while all of A passes over it, a panel of A at a time.
class PairProduct {
 public:
  PairProduct(const GemmBlocks& blocks, const MatrixProduct<float>& p, void* workspace)
      : p_(p),
        steps_(even_block(p.k, blocks.k, kStepUnit)),
        columns_(even_block(p.n, blocks.n, kWidth)),
        split_(p.m),
        left_(static_cast<float*>(workspace)),
        right_(left_ + left_size(steps_)) {}

  static constexpr int64_t kStepUnit = 32;  ///< of blocks of k: whole vectors of pairs

  static size_t workspace_bytes(const GemmBlocks& blocks, int64_t n, int64_t k) {
    const int64_t steps = std::min(blocks.k, round_up(k, kStepUnit)), columns = std::min(blocks.n, round_up(n, kWidth));
    return size_t(left_size(steps) + columns * pairs_of(steps)) * sizeof(float);
  }

  void run() {
    for (int64_t j = 0; j < p_.n; j += columns_)
      for (int64_t k = 0; k < p_.k; k += steps_)
        multiply(j, std::min(columns_, p_.n - j), k, std::min(steps_, p_.k - k));
  }

 private:
  static int64_t left_size(int64_t steps) { return kTilesTogether * kTileRows * (pairs_of(steps) + kRowGap); }

  const float* right_block(int64_t j, int64_t columns, int64_t k, int64_t steps) {
    if (p_.packed_b) return p_.packed_b + k / 2 * round_up(p_.n, kWidth) + j * pairs_of(steps);
    if (p_.b_transposed) round_transposed_panels(p_.b + j * p_.b_stride + k, p_.b_stride, columns, steps, right_);
    else round_panels(p_.b + k * p_.b_stride + j, p_.b_stride, columns, steps, right_);
    return right_;
  }

  void multiply(int64_t j, int64_t columns, int64_t k, int64_t steps) {
    const float* const right = right_block(j, columns, k, steps);
    const int64_t pairs = pairs_of(steps), panels = (columns + kWidth - 1) / kWidth;
    const bool last = k + steps == p_.k;
    for (int64_t tile = 0; tile < split_.tiles; ++tile) {
      const int64_t i = split_.first(tile), rows = split_.rows(tile);
      TileEnd<float> end;
      if (last) end = p_.end.from(i, j, p_.c_stride);
      end.add = p_.end.add || k > 0;
      float* const c = p_.c + i * p_.c_stride + j;
      pack_left(tile, k, steps, panels);
      if (p_.a_transposed)
        along_rows(rows, columns, pairs,
                   RowsTogether<float>{left_ + (i - split_.first(tile - tile % kTilesTogether)) * pairs, rows}, right,
                   c, end);
      else along_rows(rows, columns, pairs, StepsTogether<float>{left_, pairs + kRowGap}, right, c, end);
      if (last) follow(p_.then, p_.c, i * p_.c_stride + j, rows, columns, p_.c_stride);
    }
  }

  /// Packs the panel of a tile (of several where A is transposed), and has what follows it fetched meanwhile.
  void pack_left(int64_t tile, int64_t k, int64_t steps, int64_t panels) {
    const int64_t i = split_.first(tile);
    if (!p_.a_transposed) {
      const int64_t rows = split_.rows(tile);
      const float* const a = p_.a + i * p_.a_stride + k;
      round_rows(a, p_.a_stride, rows, steps, left_, pairs_of(steps) + kRowGap);
      if (tile + 1 < split_.tiles)
        ahead_ = Ahead<float>(a + rows * p_.a_stride, p_.a_stride, split_.rows(tile + 1), steps, panels);
      return;
    }
    if (tile % kTilesTogether) return;
    const int64_t next = std::min(split_.tiles, tile + kTilesTogether);
    const int64_t end = std::min(split_.tiles, next + kTilesTogether);
    const float* const a = p_.a + k * p_.a_stride;
    round_columns(a + i, p_.a_stride, split_, tile, next, steps, left_);
    if (next < end)
      ahead_ = Ahead<float>(a + split_.first(next), p_.a_stride, steps, split_.first(end) - split_.first(next),
                            panels * kTilesTogether);
  }

  template <class A>
  HWY_INLINE void along_rows(int64_t rows, int64_t columns, int64_t pairs, const A& left, const float* right, float* c,
                             TileEnd<float>& end) {
    for (int64_t j = 0; j < columns; j += kWidth, right += pairs * kWidth) {
      multiply_any_pair_tile(rows, left, pairs, right, kWidth, std::min(kWidth, columns - j), c + j, p_.c_stride, end);
      end.next_columns(kWidth);
      ahead_.advance();
    }
  }

  const MatrixProduct<float>& p_;
  int64_t steps_, columns_;
  RowSplit split_;
  float *left_, *right_;
  Ahead<float> ahead_;
};

GemmBlocks pair_blocks(const CpuInfo& cpu) {
  // A panel of A takes three tenths of L1, the block of B half of L2: as many steps as in gemm.cc, so that the block is
  // wider and A, which is rounded again for each block, is so half as often (1024 steps by 256 columns: 2 % slower).
  constexpr int64_t size = 2, fewest = 64, most = 512;
  GemmBlocks b;
  b.k = std::clamp(cpu.l1_bytes * 3 / 10 / (kTileRows * size) / PairProduct::kStepUnit * PairProduct::kStepUnit, fewest,
                   most);
  b.n = std::max<int64_t>(kWidth, cpu.l2_bytes / 2 / (b.k * size) / kWidth * kWidth);
  return b;
}

void multiply_pairs(const GemmBlocks& blocks, const MatrixProduct<float>& p, void* workspace) {
  if (p.m == 0 || p.n == 0) return;
  if (p.k == 0) gemm<float>().multiply(blocks, p, workspace);  // nothing is multiplied
  else PairProduct(blocks, p, workspace).run();
}

size_t packed_pairs_bytes(int64_t n, int64_t k) { return size_t(round_up(n, kWidth) * pairs_of(k)) * sizeof(float); }

void pack_pairs(const GemmBlocks& blocks, const float* b, int64_t stride, bool transposed, int64_t n, int64_t k,
                float* packed) {
  const int64_t most = even_block(k, blocks.k, PairProduct::kStepUnit), width = round_up(n, kWidth);
  for (int64_t p = 0; p < k; p += most) {
    const int64_t steps = std::min(most, k - p);
    if (transposed) round_transposed_panels(b + p, stride, n, steps, packed + p / 2 * width);
    else round_panels(b + p * stride, stride, n, steps, packed + p / 2 * width);
  }
}

constexpr Gemm<float> kFunctions{kLanes<float>,   &pair_blocks,        &PairProduct::workspace_bytes,
                                 &multiply_pairs, &packed_pairs_bytes, &pack_pairs};

}  // namespace

const Gemm<float>* bfloat16_table() { return &kFunctions; }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();
#else   // a target without
HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
const Gemm<float>* bfloat16_table() { return nullptr; }
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();
#endif  // TACHO_SIMD_BFLOAT16

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(bfloat16_table);

const Gemm<float>* bfloat16_gemm() {
  return this_cpu().has("avx512_bf16") ? HWY_DYNAMIC_DISPATCH(bfloat16_table)() : nullptr;
}

}  // namespace tacho::simd
#endif  // HWY_ONCE
