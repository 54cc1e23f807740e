#include "backends/simd/gemm.h"

#include "backends/simd/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/gemm.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <type_traits>

#include "backends/simd/gemm_dots-inl.h"
#include "backends/simd/gemm_gate-inl.h"
#include "backends/simd/gemm_row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {

/// Panels of A that are packed together: a transposed A is read in runs of that many tiles' rows.
constexpr int64_t kPanelsTogether = 8;

/// Which of a tile's factors stays in L1 while the other streams past from L2. With 32 registers a panel of A stays: B
/// is two vectors for 28 multiply-adds, and C is walked along its rows. With 16 registers two vectors would stream for
/// 12 multiply-adds, more than L2 gives beside them (Zen 3: 78 to 83 % of the ceiling), so a panel of B stays, and of A
/// six elements stream.
constexpr bool kRightStays = kTileRows < 14;

/// So few panels of B do not repay packing A.
constexpr int64_t kFewPanels = 4;

/// A whole product in blocks. Either a block of B is packed and stays in L2 while all of A passes over it, a panel of A
/// at a time; or a block of A stays in L2, and panels of B, one at a time, pass over it.
template <class T>
class BlockedProduct {
 public:
  BlockedProduct(const GemmBlocks& blocks, const MatrixProduct<T>& p, void* workspace)
      : p_(p),
        blocks_(blocks),
        steps_(even_block(p.k, blocks.k, kLanes<T>)),
        columns_(even_block(p.n, blocks.n, kPanelColumns<T>)),
        split_(p.m),
        gated_a_(p.a_gate, p.a),
        gated_b_(p.b_gate, p.b),
        packs_a_(gated_a_ || packs_a(p, columns_)),
        packs_b_(gated_b_ || packs_b(p)),
        keeps_a_(packs_a_ && keeps_a(blocks, p, steps_, columns_)),
        copies_a_(packs_a_ && !keeps_a_ && !kRightStays && !p.a_transposed && !gated_a_),
        packed_a_(static_cast<T*>(workspace)),
        packed_b_(packed_a_ + packed_a_size(blocks, steps_, columns_ < p.n)) {}

  static Packings packings(const GemmBlocks& blocks, const MatrixProduct<T>& p) {
    const int64_t columns = even_block(p.n, blocks.n, kPanelColumns<T>);
    if (keeps_a(blocks, p, even_block(p.k, blocks.k, kLanes<T>), columns)) return {1, 1};
    return {(p.n + columns - 1) / columns, 1};
  }
  static size_t workspace_bytes(const GemmBlocks& blocks, int64_t n, int64_t k) {
    const int64_t steps = std::min(blocks.k, round_up(k, kLanes<T>));
    const int64_t columns = std::min(blocks.n, round_up(n, kPanelColumns<T>));
    return size_t(packed_a_size(blocks, steps, columns < n) + columns * steps) * sizeof(T);
  }

  void run() {
    if (keeps_a_) {
      for (int64_t k = 0; k < p_.k; k += steps_)
        for (int64_t j = 0; j < p_.n; j += columns_) multiply_block(j, k);
    } else {
      for (int64_t j = 0; j < p_.n; j += columns_)
        for (int64_t k = 0; k < p_.k; k += steps_) multiply_block(j, k);
    }
  }

 private:
  void multiply_block(int64_t j, int64_t k) {
    const int64_t columns = std::min(columns_, p_.n - j), steps = std::min(steps_, p_.k - k);
    if (p_.m == 1 && p_.packed_b && !p_.a_transposed && !gated_a_) multiply_one_row(j, columns, k, steps);
    else if (kRightStays) multiply_by_panels(j, columns, k, steps);
    else multiply_by_rows(j, columns, k, steps);
  }

  /// Whether some steps of all of A, where it is packed, stay so for all blocks of columns.
  static bool keeps_a(const GemmBlocks& blocks, const MatrixProduct<T>& p, int64_t steps, int64_t columns) {
    return !kRightStays && columns < p.n && p.m * steps <= blocks.m * blocks.k;
  }

  /// A is packed where more than a few panels of B pass over it; not where its rows lie close enough together that all
  /// rows of a tile find their place in L1. A transposed one, a line or two for each step, does not repay it before
  /// many panels do (Zen 4, weight gradients of up to 512 columns: 1 to 8 % quicker where A stands), unless it is A
  /// that streams.
  static bool packs_a(const MatrixProduct<T>& p, int64_t columns) {
    constexpr int64_t close = 1536, many_panels = 16;
    if (p.n <= kFewPanels * kPanelColumns<T>) return false;
    if (p.a_transposed) return kRightStays || columns < p.n || p.n > many_panels * kPanelColumns<T>;
    return p.a_stride * int64_t(sizeof(T)) > close;
  }

  /// A transposed A that is read where it stands and the next block of B come from past L2 for long sums: both are
  /// fetched where L2 holds two blocks of B, and so many tiles work meanwhile that there is little to fetch behind
  /// each.
  bool fetches_next() const {
    return !kRightStays && p_.a_transposed && !packs_a_ && !p_.packed_b && !p_.b_transposed && columns_ >= p_.n &&
           steps_ < p_.k && 2 * columns_ * steps_ <= blocks_.n * blocks_.k && split_.tiles > kPanelsTogether;
  }

  /// One tile of rows does not repay packing. More do where a row's vectors would lie across two lines of the cache,
  /// and many do where each step of a panel stands on a page of its own.
  static bool packs_b(const MatrixProduct<T>& p) {
    constexpr int64_t line = 64, page_steps = 2048, few_tiles = 5;
    const int64_t stride = p.b_stride * int64_t(sizeof(T));
    if (p.m <= kTileRows) return false;
    if (kRightStays && stride > line && p.m > few_tiles * kTileRows) return true;  // to stay in L1 it lies close
    return stride % line != 0 || reinterpret_cast<uintptr_t>(p.b) % line != 0 ||
           (stride > page_steps && p.m > few_tiles * kTileRows);
  }

  /// Tiles of rows that are packed together.
  static int64_t tiles_together(const GemmBlocks& blocks) {
    return kRightStays ? std::max<int64_t>(1, blocks.m / kTileRows) : kPanelsTogether;
  }
  static int64_t packed_a_size(const GemmBlocks& blocks, int64_t steps, bool several_blocks) {
    const int64_t together = round_up(tiles_together(blocks) * kTileRows * steps, 16);
    return kRightStays || !several_blocks ? together : std::max(together, round_up(blocks.m * blocks.k, 16));
  }

  /// Where a block of B stands: step p of panel i at data + i * panel + p * step, but for a last panel that was packed
  /// alone.
  struct Right {
    const T* data;
    int64_t step, panel;
    const T* last = nullptr;
  };

  /// B is read where it stands while its lines stay in L2 under their own addresses; a last panel that is not whole is
  /// packed for itself.
  Right right_block(int64_t j, int64_t columns, int64_t k, int64_t steps) {
    constexpr int64_t width = kPanelColumns<T>;
    if (p_.packed_b) return {p_.packed_b + k * round_up(p_.n, width) + j * steps, width, steps * width};
    if (p_.b_transposed) {
      const T* b = p_.b + j * p_.b_stride + k;
      if (gated_b_) gated_b_.pack_transposed_panels(b, p_.b_stride, columns, steps, packed_b_);
      else pack_transposed_panels(b, p_.b_stride, columns, steps, packed_b_);
      return {packed_b_, width, steps * width};
    }
    const T* b = p_.b + k * p_.b_stride + j;
    if (packs_b_) {
      if (gated_b_) gated_b_.pack_panels(b, p_.b_stride, columns, steps, packed_b_);
      else pack_panels(b, p_.b_stride, columns, {0, steps, steps}, packed_b_);
      return {packed_b_, width, steps * width};
    }
    Right right{b, p_.b_stride, width};
    if (const int64_t rest = columns % width) {
      pack_panels(b + columns - rest, p_.b_stride, rest, {0, steps, steps}, packed_b_);
      right.last = packed_b_;
    }
    return right;
  }

  /// What happens to the tiles that begin at (i, j) when `last` says that their sums are whole.
  TileEnd<T> end_at(int64_t i, int64_t j, bool add, bool last) const {
    TileEnd<T> end;
    if (last) end = p_.end.from(i, j, p_.c_stride);
    end.add = add;
    return end;
  }

  void multiply_one_row(int64_t j, int64_t columns, int64_t k, int64_t steps) {
    const bool last = k + steps == p_.k;
    const Right right = right_block(j, columns, k, steps);
    multiply_row(p_.a + k, steps, right.data, right.panel, columns, p_.c + j, end_at(0, j, p_.end.add || k > 0, last));
    if (last) follow(p_.then, p_.c, j, 1, columns, p_.c_stride);
  }

  void multiply_by_panels(int64_t j, int64_t columns, int64_t k, int64_t steps) {
    constexpr int64_t width = kPanelColumns<T>;
    const Right right = right_block(j, columns, k, steps);
    const bool last = k + steps == p_.k;
    const int64_t together = tiles_together(blocks_);
    for (int64_t tile = 0; tile < split_.tiles; tile += together) {
      const int64_t end_tile = std::min(split_.tiles, tile + together), first = split_.first(tile);
      if (packs_a_) pack_left(tile, end_tile, k, steps);
      const T* b = right.data;
      for (int64_t c = 0; c < columns; c += width, b += right.panel) {
        const bool apart = right.last && c + width > columns;
        const T* panel = apart ? right.last : b;
        // A packed panel is fetched while the tiles of the panel before it work, where they are some.
        constexpr int64_t some_tiles = 4;
        if (c + width < columns && right.step == width && end_tile - tile >= some_tiles)
          ahead_ = Ahead<T>(b + right.panel, steps * width, 1, steps * width, end_tile - tile);
        for (int64_t t = tile; t < end_tile; ++t) {
          const int64_t i = split_.first(t), rows = split_.rows(t);
          const TileEnd<T> end = end_at(i, j + c, p_.end.add || k > 0, last);
          T* const to = p_.c + i * p_.c_stride + j + c;
          const auto multiply = [&](const auto& left) HWY_ATTR {
            multiply_any_tile(rows, left, steps, panel, apart ? width : right.step, std::min(width, columns - c), to,
                              p_.c_stride, end);
          };
          if (packs_a_) multiply(RowsTogether<T>{packed_a_ + (i - first) * steps, rows});
          else if (p_.a_transposed) multiply(RowsTogether<T>{p_.a + k * p_.a_stride + i, p_.a_stride});
          else multiply(StepsTogether<T>{p_.a + i * p_.a_stride + k, p_.a_stride});
          ahead_.advance();
        }
      }
      if (last) follow(p_.then, p_.c, first * p_.c_stride + j, split_.first(end_tile) - first, columns, p_.c_stride);
    }
  }

  /// Packs the panels of several tiles, one behind the other.
  void pack_left(int64_t tile, int64_t end_tile, int64_t k, int64_t steps) {
    const int64_t first = split_.first(tile);
    if (p_.a_transposed) return pack_left_columns(tile, end_tile - tile, k, steps);
    for (int64_t t = tile; t < end_tile; ++t)
      pack_left_rows(split_.first(t), split_.rows(t), k, steps, packed_a_ + (split_.first(t) - first) * steps);
  }

  void pack_left_rows(int64_t i, int64_t rows, int64_t k, int64_t steps, T* packed) {
    const T* a = p_.a + i * p_.a_stride + k;
    if (gated_a_) gated_a_.pack_rows(a, p_.a_stride, rows, steps, packed);
    else pack_rows(a, p_.a_stride, rows, steps, packed);
  }
  void pack_left_columns(int64_t tile, int64_t count, int64_t k, int64_t steps) {
    const T* a = p_.a + k * p_.a_stride + split_.first(tile);
    if (gated_a_) gated_a_.pack_columns(a, p_.a_stride, split_, tile, count, steps, packed_a_);
    else pack_columns(a, p_.a_stride, split_, tile, count, {0, steps, steps}, packed_a_);
  }

  void multiply_by_rows(int64_t j, int64_t columns, int64_t k, int64_t steps) {
    const Right right = right_block(j, columns, k, steps);
    const bool last = k + steps == p_.k, fetches = fetches_next();
    const int64_t panels = (columns + kPanelColumns<T> - 1) / kPanelColumns<T>;
    if (fetches && !last)
      next_b_ = Ahead<T>(p_.b + (k + steps) * p_.b_stride + j, p_.b_stride, std::min(steps, p_.k - k - steps), columns,
                         panels * split_.tiles);
    for (int64_t tile = 0; tile < split_.tiles; ++tile) {
      const int64_t i = split_.first(tile), rows = split_.rows(tile);
      TileEnd<T> end = end_at(i, j, p_.end.add || k > 0, last);
      T* c = p_.c + i * p_.c_stride + j;
      if (keeps_a_) {
        if (tile == 0 && j == 0) pack_left(0, split_.tiles, k, steps);
        along_rows(rows, columns, steps, RowsTogether<T>{packed_a_ + i * steps, rows}, right, c, end);
      } else if (copies_a_) {
        if (tile == 0 && j == 0 && k == 0) next_panel(0, 0).finish();
        if (tile + 1 < split_.tiles) next_ = next_panel(tile + 1, k);
        else if (!last) next_ = next_panel(0, k + steps);
        else if (j + columns < p_.n) next_ = next_panel(0, 0);
        // Fetched before the last tile, which copies it.
        ahead_ =
            tile + 1 < split_.tiles ? rows_ahead(tile + 1, k, steps, std::max<int64_t>(1, panels - 1)) : Ahead<T>();
        along_rows(rows, columns, steps, LinesTogether<T, NextPanel<T>>{packed_a_}, right, c, end);
        next_.finish();
      } else if (packs_a_) {
        const int64_t first = p_.a_transposed ? tile % kPanelsTogether : 0;
        if (first == 0) pack_left(tile, i, rows, k, steps, panels);
        const RowsTogether<T> left{packed_a_ + (i - split_.first(tile - first)) * steps, rows};
        along_rows(rows, columns, steps, left, right, c, end);
      } else if (p_.a_transposed) {
        if (fetches && tile % kPanelsTogether == 0) fetch_left(tile, k, steps, panels);
        along_rows(rows, columns, steps, RowsTogether<T>{p_.a + k * p_.a_stride + i, p_.a_stride}, right, c, end);
      } else {
        along_rows(rows, columns, steps, left_where_it_stands(i, rows, k, steps, panels), right, c, end);
      }
      if (last) follow(p_.then, p_.c, i * p_.c_stride + j, rows, columns, p_.c_stride);
    }
  }

  /// The next tile's rows lie behind these and are fetched while these are multiplied, where that is at most a line
  /// each step: so many streams of so few lines each do not fetch themselves (Zen 4, an A that comes from L3: 1.03 to
  /// 1.05 times as fast).
  StepsAndNext<T> left_where_it_stands(int64_t i, int64_t rows, int64_t k, int64_t steps, int64_t panels) const {
    const T* const a = p_.a + i * p_.a_stride + k;
    const int64_t each = (rows * p_.a_stride + panels * steps - 1) / (panels * steps);
    if (each > kLine<T>) return {{a, p_.a_stride}, a, 0};
    return {{a, p_.a_stride}, a + rows * p_.a_stride, each};
  }

  /// The panel that is copied in place of the one before it while its last tile works.
  NextPanel<T> next_panel(int64_t tile, int64_t k) const {
    return {p_.a + split_.first(tile) * p_.a_stride + k, p_.a_stride, split_.rows(tile), std::min(steps_, p_.k - k),
            packed_a_};
  }

  Ahead<T> rows_ahead(int64_t tile, int64_t k, int64_t steps, int64_t calls) const {
    return {p_.a + split_.first(tile) * p_.a_stride + k, p_.a_stride, split_.rows(tile), steps, calls};
  }

  /// Packs the panel of a tile (of several where A is transposed), and has what follows it fetched meanwhile.
  void pack_left(int64_t tile, int64_t i, int64_t rows, int64_t k, int64_t steps, int64_t panels) {
    if (p_.a_transposed) {
      pack_left_columns(tile, kPanelsTogether, k, steps);
      const int64_t next = split_.first(std::min(split_.tiles, tile + kPanelsTogether));
      const int64_t end = split_.first(std::min(split_.tiles, tile + 2 * kPanelsTogether));
      ahead_ = end > next
                   ? Ahead<T>(p_.a + k * p_.a_stride + next, p_.a_stride, steps, end - next, panels * kPanelsTogether)
                   : Ahead<T>();
    } else {
      pack_left_rows(i, rows, k, steps, packed_a_);
      ahead_ = tile + 1 < split_.tiles ? rows_ahead(tile + 1, k, steps, panels) : Ahead<T>();
    }
  }

  /// Has the rows of a transposed A that the next tiles read fetched while those from `tile` on work; behind the last
  /// tiles come the next steps of the first.
  void fetch_left(int64_t tile, int64_t k, int64_t steps, int64_t panels) {
    const int64_t next = std::min(split_.tiles, tile + kPanelsTogether), from = next < split_.tiles ? next : 0;
    const int64_t step = from ? k : k + steps, some = std::min(steps, p_.k - step), first = split_.first(from);
    const int64_t end = split_.first(std::min(split_.tiles, from + kPanelsTogether));
    ahead_ = some > 0
                 ? Ahead<T>(p_.a + step * p_.a_stride + first, p_.a_stride, some, end - first, panels * (next - tile))
                 : Ahead<T>();
  }

  template <class A>
  HWY_INLINE void along_rows(int64_t rows, int64_t columns, int64_t steps, A left, const Right& right, T* c,
                             TileEnd<T>& end) {
    constexpr int64_t width = kPanelColumns<T>;
    const T* b = right.data;
    for (int64_t j = 0; j < columns; j += width, b += right.panel) {
      const bool apart = right.last && j + width > columns;
      if constexpr (std::is_same_v<A, LinesTogether<T, NextPanel<T>>>)
        if (j + width >= columns) left.next = &next_;
      multiply_any_tile(rows, left, steps, apart ? right.last : b, apart ? width : right.step,
                        std::min(width, columns - j), c + j, p_.c_stride, end);
      if constexpr (std::is_same_v<A, StepsAndNext<T>>) left.next += steps * left.next_step;
      end.next_columns(width);
      ahead_.advance();
      next_b_.advance();
    }
  }

  const MatrixProduct<T>& p_;
  GemmBlocks blocks_;
  int64_t steps_, columns_;
  RowSplit split_;
  GatedFactor<T> gated_a_, gated_b_;
  bool packs_a_, packs_b_, keeps_a_;
  bool copies_a_;  ///< as lines, one tile's panel at a time
  T *packed_a_, *packed_b_;
  Ahead<T> ahead_, next_b_;
  NextPanel<T> next_;
};

template <class T>
GemmBlocks blocks(const CpuInfo& cpu) {
  constexpr int64_t width = kPanelColumns<T>;
  const int64_t size = sizeof(T);
  GemmBlocks b;
  constexpr int64_t fewest = 64, most = 512;
  if (kRightStays) {
    // A panel of B takes half of L1, the block of A half of L2, and all of B that is packed at once a share of L3.
    constexpr int64_t widest = 4096;
    b.k = std::clamp(cpu.l1_bytes / 2 / (width * size) / kLanes<T> * kLanes<T>, fewest, most);
    b.m = std::max<int64_t>(kTileRows, cpu.l2_bytes / 2 / (b.k * size) / kTileRows * kTileRows);
    const int64_t share = std::max(cpu.l2_bytes / 2, cpu.l3_bytes / std::max(1, cpu.cores) / 4);
    b.n = std::clamp<int64_t>(share / (b.k * size) / width * width, width, widest);
    return b;
  }
  // Not so many steps that a block of B becomes narrow, for A is read again for each block.
  b.k = std::clamp(cpu.l1_bytes * 9 / 10 / (kTileRows * size) / kLanes<T> * kLanes<T>, fewest, most);
  b.n = std::max<int64_t>(width, cpu.l2_bytes / (b.k * size) / width * width);
  b.m = cpu.l2_bytes / 2 / (b.k * size);
  return b;
}

/// Rows of C that are computed at a time where it has few columns.
constexpr int64_t kTurnedRows = 512;

/// A weight gradient of few columns (C = A^T B with ten classes) would leave most of each vector empty: its transpose
/// B^T A has long rows, and both factors already lie as it wants them.
template <class T>
bool is_turned(const MatrixProduct<T>& p) {
  return p.a_transposed && !p.packed_b && p.n * 4 <= kLanes<T> * 3 && p.m >= 2 * kPanelColumns<T> &&
         p.c_stride == p.n && p.end.plain() && p.then.empty();
}

template <class T>
void multiply_turned(const GemmBlocks& blocks, const MatrixProduct<T>& p, T* workspace) {
  T* const turned = workspace;
  T* const back = turned + p.n * kTurnedRows;
  for (int64_t i = 0; i < p.m; i += kTurnedRows) {
    const int64_t rows = std::min(kTurnedRows, p.m - i);
    const MatrixProduct<T> q{.m = p.n,
                             .n = rows,
                             .k = p.k,
                             .a = p.b,
                             .a_stride = p.b_stride,
                             .a_transposed = !p.b_transposed,
                             .b = p.a + i,
                             .b_stride = p.a_stride,
                             .a_gate = p.b_gate,
                             .b_gate = p.a_gate.from(i),
                             .c = turned,
                             .c_stride = kTurnedRows};
    BlockedProduct<T>(blocks, q, back + p.n * kTurnedRows).run();
    T* const c = p.c + i * p.n;
    pack_rows(turned, kTurnedRows, p.n, rows, p.end.add ? back : c);
    for (int64_t f = 0; p.end.add && f < rows * p.n; ++f) c[f] += back[f];
  }
}

/// Rows and columns of C that are computed at a time as their transpose.
template <class T>
constexpr int64_t kAcrossRows = kFewPanels* kPanelColumns<T>;
constexpr int64_t kAcrossColumns = 512;

/// Few rows, whole vectors of them, do not repay packing a B whose rows cross lines: as the left factor of C^T = B^T
/// A^T it is read element by element where it stands, and what is packed is A, and C turned back, which a few steps do
/// not repay (Zen 4, 64 x 196 x 800: 1.26 to 1.37 times as fast, 1.16 in AVX2; with rows of whole lines mostly
/// slower). Each sum is made in the same order either way.
template <class T>
bool is_across(const MatrixProduct<T>& p) {
  constexpr int64_t line = 64, some_steps = 64;
  return !p.packed_b && !p.b_transposed && p.b_stride * int64_t(sizeof(T)) % line != 0 && p.k >= some_steps &&
         p.m > kTileRows && p.m <= kAcrossRows<T> && p.m % kLanes<T> == 0 && p.n > kTileRows && !p.a_gate.function &&
         !p.b_gate.function && p.end.plain() && !p.end.add;
}

template <class T>
void multiply_across(const GemmBlocks& blocks, const MatrixProduct<T>& p, T* workspace) {
  for (int64_t j = 0; j < p.n; j += kAcrossColumns) {
    const int64_t columns = std::min(kAcrossColumns, p.n - j);
    const MatrixProduct<T> q{.m = columns,
                             .n = p.m,
                             .k = p.k,
                             .a = p.b + j,
                             .a_stride = p.b_stride,
                             .a_transposed = true,
                             .b = p.a,
                             .b_stride = p.a_stride,
                             .b_transposed = !p.a_transposed,
                             .c = workspace,
                             .c_stride = p.m};
    BlockedProduct<T>(blocks, q, workspace + kAcrossRows<T> * std::min(kAcrossColumns, p.n)).run();
    transpose(workspace, columns, p.m, p.m, p.c + j, p.c_stride);
    follow(p.then, p.c, j, p.m, columns, p.c_stride);
  }
}

template <class T>
size_t workspace_bytes(const GemmBlocks& blocks, int64_t n, int64_t k) {
  size_t bytes = BlockedProduct<T>::workspace_bytes(blocks, n, k);
  bytes = std::max(bytes, DotsProduct<T>::workspace_bytes(n, k));
  if (n > kTileRows)
    bytes = std::max(bytes, BlockedProduct<T>::workspace_bytes(blocks, kAcrossRows<T>, k) +
                                size_t(kAcrossRows<T> * std::min(kAcrossColumns, n)) * sizeof(T));
  if (n < kLanes<T>)
    bytes = std::max(
        bytes, BlockedProduct<T>::workspace_bytes(blocks, kTurnedRows, k) + size_t(2 * n * kTurnedRows) * sizeof(T));
  return bytes;
}

template <class T>
void clear(const MatrixProduct<T>& p) {
  const std::vector<T> zeros(size_t(p.n));
  for (int64_t i = 0; i < p.m; ++i)
    end_partial_tile(zeros.data(), p.n, 1, p.n, p.c + i * p.c_stride, p.c_stride, p.end.from(i, 0, p.c_stride));
  follow(p.then, p.c, 0, p.m, p.n, p.c_stride);
}

template <class T>
void multiply(const GemmBlocks& blocks, const MatrixProduct<T>& p, void* workspace) {
  if (p.m == 0 || p.n == 0) return;
  if (p.k == 0) return clear(p);
  const bool dots = is_dots<T>(p.n, p.k);
  if (dots && !p.a_transposed) {
    DotsProduct<T>(p, static_cast<T*>(workspace)).run();
  } else if (dots && p.packed_b) {  // which is a transposed B as it lies
    MatrixProduct<T> q = p;
    q.b = p.packed_b, q.b_stride = p.k, q.b_transposed = true, q.packed_b = nullptr;
    BlockedProduct<T>(blocks, q, workspace).run();
  } else if (is_turned(p)) {
    multiply_turned(blocks, p, static_cast<T*>(workspace));
  } else if (is_across(p)) {
    multiply_across(blocks, p, static_cast<T*>(workspace));
  } else {
    BlockedProduct<T>(blocks, p, workspace).run();
  }
}

template <class T>
Packings packings(const GemmBlocks& blocks, const MatrixProduct<T>& p) {
  if (is_dots<T>(p.n, p.k) && !p.a_transposed) return {1, 1};
  if (!is_turned(p)) return BlockedProduct<T>::packings(blocks, p);
  Packings turned{1, 0};  // B is the left factor of each block of rows
  for (int64_t i = 0; i < p.m; i += kTurnedRows) {
    const MatrixProduct<T> q{.m = p.n, .n = std::min(kTurnedRows, p.m - i), .k = p.k};
    turned.b += BlockedProduct<T>::packings(blocks, q).a;
  }
  return turned;
}

template <class T>
size_t packed_b_bytes(int64_t n, int64_t k) {
  return size_t(round_up(n, kPanelColumns<T>) * k) * sizeof(T);
}

template <class T>
void pack_b(const GemmBlocks& blocks, const T* b, int64_t stride, bool transposed, int64_t n, int64_t k, T* packed) {
  if (is_dots<T>(n, k)) {
    if (!transposed) return transpose(b, k, n, stride, packed, k);
    for (int64_t j = 0; j < n; ++j) std::copy_n(b + j * stride, k, packed + j * k);
    return;
  }
  const int64_t most = even_block(k, blocks.k, kLanes<T>), width = round_up(n, kPanelColumns<T>);
  for (int64_t p = 0; p < k; p += most) {
    const int64_t steps = std::min(most, k - p);
    if (transposed) pack_transposed_panels(b + p, stride, n, steps, packed + p * width);
    else pack_panels(b + p * stride, stride, n, {0, steps, steps}, packed + p * width);
  }
}

template <class T>
const Gemm<T>* table() {
  static constexpr Gemm<T> functions{kLanes<T>,          &blocks<T>, &workspace_bytes<T>, &multiply<T>,
                                     &packed_b_bytes<T>, &pack_b<T>, &packings<T>,        &is_dots<T>};
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
