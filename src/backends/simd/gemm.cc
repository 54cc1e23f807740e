#include "backends/simd/gemm.h"

#include "backends/simd/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/gemm.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backends/simd/activate-inl.h"
#include "backends/simd/gemm_pack-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {

/// A whole product in blocks: B's blocks outermost, so that each is packed once.
template <class T>
class BlockedProduct {
 public:
  BlockedProduct(const GemmBlocks& blocks, const MatrixProduct<T>& p, void* workspace)
      : p_(p),
        steps_(even_block(p.k, blocks.k, kLanes<T>)),
        rows_(even_block(p.m, blocks.m, kTileRows)),
        columns_(even_block(p.n, blocks.n, kPanelColumns<T>)),
        packs_a_(packs_a(p)),
        packs_b_(packs_b(p)),
        packed_a_(static_cast<T*>(workspace)),
        packed_b_(packed_a_ + round_up(std::min(blocks.m, round_up(p.m, kTileRows)), 16) * steps_) {}

  static int64_t steps_of(const GemmBlocks& blocks, int64_t k) { return even_block(k, blocks.k, kLanes<T>); }

  static size_t workspace_bytes(const GemmBlocks& blocks, int64_t m, int64_t n, int64_t k) {
    const int64_t steps = std::min(blocks.k, round_up(k, kLanes<T>));
    const int64_t rows = round_up(std::min(blocks.m, round_up(m, kTileRows)), 16);
    const int64_t columns = std::min(blocks.n, round_up(n, kPanelColumns<T>));
    return size_t((rows + columns) * steps) * sizeof(T);
  }

  void run() {
    for (int64_t j = 0; j < p_.n; j += columns_)
      for (int64_t k = 0; k < p_.k; k += steps_) multiply_block(j, std::min(columns_, p_.n - j), k);
  }

 private:
  /// Parts as equal as their unit allows, none larger than `most` (a multiple of the unit).
  static int64_t even_block(int64_t extent, int64_t most, int64_t unit) {
    const int64_t parts = std::max<int64_t>(1, (extent + most - 1) / most);
    return std::max(unit, round_up((extent + parts - 1) / parts, unit));
  }

  /// A is read where it stands where few panels of B pass over it.
  static bool packs_a(const MatrixProduct<T>& p) { return p.n > 4 * kPanelColumns<T>; }

  /// B is read where it stands where one tile of rows passes over it; the last panel must be whole.
  static bool packs_b(const MatrixProduct<T>& p) {
    return p.b_transposed || p.m > kTileRows || p.n % kPanelColumns<T> != 0;
  }

  void multiply_block(int64_t j, int64_t columns, int64_t k) {
    const int64_t steps = std::min(steps_, p_.k - k);
    const T* b = p_.b + k * p_.b_stride + j;
    int64_t b_step = p_.b_stride, b_panel = kPanelColumns<T>;
    if (p_.packed_b || packs_b_) {
      b_step = kPanelColumns<T>;
      b_panel = steps * kPanelColumns<T>;
      if (p_.packed_b) {
        b = p_.packed_b + k * round_up(p_.n, kPanelColumns<T>) + j * steps;
      } else {
        if (p_.b_transposed) pack_transposed_panels(p_.b + j * p_.b_stride + k, p_.b_stride, columns, steps, packed_b_);
        else pack_panels(b, p_.b_stride, columns, steps, packed_b_);
        b = packed_b_;
      }
    }
    const bool last = k + steps == p_.k;
    for (int64_t i = 0; i < p_.m; i += rows_) {
      const int64_t rows = std::min(rows_, p_.m - i);
      T* c = p_.c + i * p_.c_stride + j;
      TileEnd<T> end;
      if (last) end = p_.end;
      if (end.column_bias) end.column_bias += j;
      if (end.row_bias) end.row_bias += i;
      end.add = p_.end.add || k > 0;
      multiply_rows(i, rows, columns, k, steps, b, b_step, b_panel, c, end);
      if (last) activate(p_.activation, c, rows, columns, p_.c_stride);
    }
  }

  void multiply_rows(int64_t i, int64_t rows, int64_t columns, int64_t k, int64_t steps, const T* b, int64_t b_step,
                     int64_t b_panel, T* c, const TileEnd<T>& end) {
    const T* a = p_.a_transposed ? p_.a + k * p_.a_stride + i : p_.a + i * p_.a_stride + k;
    if (!packs_a_) {
      if (p_.a_transposed)
        multiply_panels(rows, columns, steps, RowsTogether<T>{a, p_.a_stride}, b, b_step, b_panel, c, p_.c_stride, end);
      else
        multiply_panels(rows, columns, steps, StepsTogether<T>{a, p_.a_stride}, b, b_step, b_panel, c, p_.c_stride,
                        end);
      return;
    }
    if (p_.a_transposed) {
      pack_columns(a, p_.a_stride, rows, steps, packed_a_);
      const auto panel = [&](int64_t first, int64_t count) HWY_ATTR {
        return RowsTogether<T>{packed_a_ + first * steps, count};
      };
      multiply_packed(rows, columns, steps, panel, b, b_step, b_panel, c, end);
    } else {
      pack_rows(a, p_.a_stride, rows, steps, packed_a_);
      constexpr int64_t lanes = kLanes<T>;
      const auto panel = [&](int64_t first, int64_t count) HWY_ATTR {
        return StepsTogether<T>{packed_a_ + first * round_up(steps, lanes), lanes, lanes, count * lanes};
      };
      multiply_packed(rows, columns, steps, panel, b, b_step, b_panel, c, end);
    }
  }

  /// A panel of B stays in L1 while all of A's panels pass over it.
  template <class Panel>
  void multiply_packed(int64_t rows, int64_t columns, int64_t steps, const Panel& panel, const T* b, int64_t b_step,
                       int64_t b_panel, T* c, const TileEnd<T>& end) {
    const RowSplit split(rows);
    for (int64_t j = 0; j < columns; j += kPanelColumns<T>, b += b_panel) {
      TileEnd<T> tile_end = end;
      if (end.column_bias) tile_end.column_bias += j;
      for (int64_t tile = 0; tile < split.tiles; ++tile) {
        const int64_t i = split.first(tile), count = split.rows(tile);
        if (end.row_bias) tile_end.row_bias = end.row_bias + i;
        multiply_any_tile(count, panel(i, count), steps, b, b_step, std::min(kPanelColumns<T>, columns - j),
                          c + i * p_.c_stride + j, p_.c_stride, tile_end);
      }
    }
  }

  const MatrixProduct<T>& p_;
  int64_t steps_, rows_, columns_;
  bool packs_a_, packs_b_;
  T *packed_a_, *packed_b_;
};

template <class T>
GemmBlocks blocks(const CpuInfo& cpu) {
  constexpr int64_t width = kPanelColumns<T>;
  const int64_t size = sizeof(T);
  GemmBlocks b;
  // Half of L1 for the panel of B; the rest is for the lines of A and C that pass by.
  b.k = std::max<int64_t>(64, cpu.l1_bytes / 2 / (width * size) / kLanes<T> * kLanes<T>);
  b.m = std::max<int64_t>(kTileRows, cpu.l2_bytes / 2 / (b.k * size) / kTileRows * kTileRows);
  const int64_t l3 = cpu.l3_bytes ? cpu.l3_bytes / std::max(1, cpu.cores) : 4 * cpu.l2_bytes;
  b.n = std::max<int64_t>(width, std::min<int64_t>(l3 / 2, 16 << 20) / (b.k * size) / width * width);
  return b;
}

template <class T>
size_t workspace_bytes(const GemmBlocks& blocks, int64_t m, int64_t n, int64_t k) {
  return BlockedProduct<T>::workspace_bytes(blocks, m, n, k);
}

template <class T>
void clear(const MatrixProduct<T>& p) {
  for (int64_t i = 0; i < p.m; ++i)
    for (int64_t j = 0; j < p.n; ++j) {
      T x = p.end.add ? p.c[i * p.c_stride + j] : T(0);
      if (p.end.column_bias) x += p.end.column_bias[j];
      if (p.end.row_bias) x += p.end.row_bias[i];
      p.c[i * p.c_stride + j] = p.end.relu && x < T(0) ? T(0) : x;
    }
  activate(p.activation, p.c, p.m, p.n, p.c_stride);
}

template <class T>
void multiply(const GemmBlocks& blocks, const MatrixProduct<T>& p, void* workspace) {
  if (p.m == 0 || p.n == 0) return;
  if (p.k == 0) return clear(p);
  BlockedProduct<T>(blocks, p, workspace).run();
}

template <class T>
size_t packed_b_bytes(int64_t n, int64_t k) {
  return size_t(round_up(n, kPanelColumns<T>) * k) * sizeof(T);
}

template <class T>
void pack_b(const GemmBlocks& blocks, const T* b, int64_t stride, bool transposed, int64_t n, int64_t k, T* packed) {
  const int64_t most = BlockedProduct<T>::steps_of(blocks, k), width = round_up(n, kPanelColumns<T>);
  for (int64_t p = 0; p < k; p += most) {
    const int64_t steps = std::min(most, k - p);
    if (transposed) pack_transposed_panels(b + p, stride, n, steps, packed + p * width);
    else pack_panels(b + p * stride, stride, n, steps, packed + p * width);
  }
}

template <class T>
const Gemm<T>* table() {
  static constexpr Gemm<T> functions{kLanes<T>,          &blocks<T>, &workspace_bytes<T>, &multiply<T>,
                                     &packed_b_bytes<T>, &pack_b<T>, &activate<T>};
  return &functions;
}
const Gemm<float>* float_table() { return table<float>(); }
const Gemm<double>* double_table() { return table<double>(); }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(float_table);
HWY_EXPORT(double_table);

template <>
const Gemm<float>& gemm<float>() {
  return *HWY_DYNAMIC_DISPATCH(float_table)();
}
template <>
const Gemm<double>& gemm<double>() {
  return *HWY_DYNAMIC_DISPATCH(double_table)();
}

}  // namespace tacho::simd
#endif  // HWY_ONCE
