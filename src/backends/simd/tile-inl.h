// The innermost part of every product: a tile of C in registers, R rows by V vectors, C (+)= A B over k steps. Used by
// the products of matrices and by Winograd's 36 products. Included once per target (no #pragma once).
#if defined(TACHO_SIMD_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_TILE_INL_H
#undef TACHO_SIMD_TILE_INL_H
#else
#define TACHO_SIMD_TILE_INL_H
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <utility>

#include "backends/simd/tile_end-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The largest tile. 14 x 2 vectors fill 28 of 32 registers and leave two for B and two for A, so that there are 28
/// multiply-adds for 16 loads, while a panel of B stays two vectors wide; with 16 registers, 6 x 2.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr int kTileRows = 14;
#else
inline constexpr int kTileRows = 6;
#endif
inline constexpr int kTileVectors = 2;

/// A tile that goes to memory as it is makes its last steps row by row, each written while the next are multiplied: all
/// stores at once hold up the next tile (Zen 4: 26 of them for 50 to 85 cycles, in some runs for 100 to 130; 12 of
/// them for none).
inline constexpr int64_t kLastSteps = 4;
template <int R, int V>
inline constexpr bool kEndsByRows = kTileRows >= 14 && R* V > 12;

/// From so many steps on the rows of C are fetched meanwhile, one every kStepsForARow: all at once they would take
/// every buffer that the misses of B wait for (Zen 4: 24; products whose C leaves L2 gained 2 to 6 %).
inline constexpr int64_t kStepsWorthPrefetch = 64, kStepsForARow = 4;
/// Shorter sums have one fetched every other step, while there are enough for all rows (Zen 4: 32 steps whose C leaves
/// L2 gained 1 to 14 %); in sums shorter still a line would not arrive in time.
inline constexpr int64_t kFewStepsForARow = 2, kFewestStepsWorthPrefetch = kTileRows * kFewStepsForARow;
static_assert(kTileRows * kStepsForARow + kLastSteps <= kStepsWorthPrefetch);

/// Columns of a packed panel of B.
template <class T>
inline constexpr int64_t kPanelColumns = kTileVectors* kLanes<T>;

/// A vector that is loaded once before it is used: gcc 12 read a gradient from memory anew for each tap, so that 18
/// products of three taps took 21 loads (Zen 4: a 5 x 5 filter's gradients of six results now in 0.81 of the time).
template <class V>
HWY_INLINE V in_register(V v) {
#if HWY_COMPILER_GCC || HWY_COMPILER_CLANG
#if HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR
  asm("" : "+v"(v.raw));
#elif HWY_TARGET == HWY_NEON
  asm("" : "+w"(v.raw));
#endif
#endif
  return v;
}

/// sum[r][v] += x[r] * B[v] for one step, where x(r) gives the left factor's element.
template <int R, int V, class D, class Vec, class Left>
HWY_INLINE void add_step(D d, Vec (&sum)[R][V], const hn::TFromD<D>* HWY_RESTRICT b, Left left) {
  Vec right[V];
  HWY_UNROLL(8)
  for (int v = 0; v < V; ++v) right[v] = hn::LoadU(d, b + v * hn::MaxLanes(d));
  HWY_UNROLL(16)
  for (int r = 0; r < R; ++r) {
    const Vec x = hn::Set(d, *left(r));
    HWY_UNROLL(8)
    for (int v = 0; v < V; ++v) sum[r][v] = hn::MulAdd(x, right[v], sum[r][v]);
  }
}

/// Where the rows of a left factor stand, three to a pointer: x86 addresses base, base + stride and base + 2 stride
/// without arithmetic, so 14 rows take 5 pointers and the stride instead of 14 registers.
template <class T, int R>
struct RowPointers {
  static constexpr int kPointers = (R + 2) / 3;
  const T* base[kPointers];
  int64_t row;

  HWY_INLINE RowPointers(const T* data, int64_t row_stride) : row(row_stride) {
    HWY_UNROLL(8)
    for (int i = 0; i < kPointers; ++i) base[i] = data + 3 * i * row_stride;
  }
  HWY_INLINE const T* operator()(int r) const { return base[r / 3] + r % 3 * row; }
  HWY_INLINE void advance() {
    HWY_UNROLL(8)
    for (int i = 0; i < kPointers; ++i) ++base[i];
  }
};

/// The rows of a tile of C that are fetched while its sums are made, one every kSteps: each may stand on a page of its
/// own.
template <class T, int64_t kSteps>
struct ArrivingRows {
  const T *first, *last;
  int64_t row;

  HWY_INLINE void fetch() {
    hwy::Prefetch(first);
    hwy::Prefetch(last);
    first += row, last += row;
  }
};

template <class T>
struct Column {
  const T* data;
  HWY_INLINE const T* operator()(int r) const { return data + r; }
};

template <class T>
struct ColumnOfLines {
  const T* data;
  HWY_INLINE const T* operator()(int r) const { return data + r * kLine<T>; }
};

/// Hardly unrolled: on Sapphire Rapids loops of one or two steps run at 90 % of the multiply-add ceiling, of four at 85
/// %; their instructions are long.
template <int R, int V, class D, class Vec, class T>
HWY_INLINE void add_steps(D d, Vec (&sum)[R][V], int64_t k, StepsTogether<T> a, const T* HWY_RESTRICT b,
                          int64_t b_step) {
  for (; k > 0; k -= a.chunk, a.data += a.chunk_stride) {
    RowPointers<T, R> rows(a.data, a.row);
    const int64_t steps = std::min(k, a.chunk);
    HWY_UNROLL(1)
    for (int64_t i = 0; i < steps; ++i, b += b_step) {
      add_step(d, sum, b, rows);
      rows.advance();
    }
  }
}

template <int R, int V, class D, class Vec, class T, int kAhead>
HWY_INLINE void add_steps(D d, Vec (&sum)[R][V], int64_t k, StepsAhead<T, kAhead> a, const T* HWY_RESTRICT b,
                          int64_t b_step) {
  constexpr int kToL2 = 2;
  for (; k > 0; k -= a.chunk, a.data += a.chunk_stride) {
    RowPointers<T, R> rows(a.data, a.row);
    const int64_t steps = std::min(k, a.chunk);
    HWY_UNROLL(1)
    for (int64_t i = 0; i < steps; ++i, b += b_step, a.ahead += a.ahead_step) {
      HWY_UNROLL(4)
      for (int v = 0; v < kAhead; ++v) __builtin_prefetch(a.ahead + v * kLanes<T>, 0, kToL2);
      add_step(d, sum, b, rows);
      rows.advance();
    }
  }
}

template <int R, int V, class D, class Vec, class T>
HWY_INLINE void add_steps(D d, Vec (&sum)[R][V], int64_t k, RowsTogether<T> a, const T* HWY_RESTRICT b,
                          int64_t b_step) {
  HWY_UNROLL(2)
  for (int64_t i = 0; i < k; ++i, b += b_step, a.data += a.step) add_step(d, sum, b, Column<T>{a.data});
}

/// The same while C arrives, a row of it every few steps; where the steps come in chunks, all at once, or not at all
/// if they are few.
template <int R, int V, class D, class Vec, class T, int64_t kSteps>
HWY_INLINE void add_steps(D d, Vec (&sum)[R][V], int64_t k, const StepsTogether<T>& a, const T* HWY_RESTRICT b,
                          int64_t b_step, ArrivingRows<T, kSteps> c) {
  if (a.chunk < k) {
    for (int r = 0; r < R && kSteps == kStepsForARow; ++r) c.fetch();
    return add_steps(d, sum, k, a, b, b_step);
  }
  RowPointers<T, R> rows(a.data, a.row);
  for (int r = 0; r < R; ++r) {
    c.fetch();
    HWY_UNROLL(1)
    for (int64_t i = 0; i < kSteps; ++i, b += b_step) {
      add_step(d, sum, b, rows);
      rows.advance();
    }
  }
  HWY_UNROLL(1)
  for (int64_t i = R * kSteps; i < k; ++i, b += b_step) {
    add_step(d, sum, b, rows);
    rows.advance();
  }
}

template <int R, int V, class D, class Vec, class T, int64_t kSteps>
HWY_INLINE void add_steps(D d, Vec (&sum)[R][V], int64_t k, RowsTogether<T> a, const T* HWY_RESTRICT b, int64_t b_step,
                          ArrivingRows<T, kSteps> c) {
  for (int r = 0; r < R; ++r) {
    c.fetch();
    HWY_UNROLL(2)
    for (int64_t i = 0; i < kSteps; ++i, b += b_step, a.data += a.step) add_step(d, sum, b, Column<T>{a.data});
  }
  add_steps(d, sum, k - R * kSteps, a, b, b_step);
}

template <int R, int V, class D, class Vec, class T, int kAhead, int64_t kSteps>
HWY_INLINE void add_steps(D d, Vec (&sum)[R][V], int64_t k, const StepsAhead<T, kAhead>& a, const T* HWY_RESTRICT b,
                          int64_t b_step, ArrivingRows<T, kSteps> c) {
  for (int r = 0; r < R && kSteps == kStepsForARow; ++r) c.fetch();
  add_steps(d, sum, k, a, b, b_step);
}

template <int R, int V, class D, class Vec, class T, int64_t kSteps>
HWY_INLINE void add_steps(D d, Vec (&sum)[R][V], int64_t k, const StepsAndNext<T>& a, const T* HWY_RESTRICT b,
                          int64_t b_step, ArrivingRows<T, kSteps> c) {
  RowPointers<T, R> rows(a.data, a.row);
  const T* next = a.next;
  const int64_t next_step = a.next_step;
  const auto step = [&]() HWY_ATTR {
    hwy::Prefetch(next);
    add_step(d, sum, b, rows);
    rows.advance();
    b += b_step, next += next_step;
  };
  for (int r = 0; r < R; ++r) {
    c.fetch();
    HWY_UNROLL(1)
    for (int64_t i = 0; i < kSteps; ++i) step();
  }
  HWY_UNROLL(1)
  for (int64_t i = R * kSteps; i < k; ++i) step();
}

/// Line by line, behind so many rows of C as make all of them in time.
template <int R, int V, class D, class Vec, class T, class Next, int64_t kSteps>
HWY_INLINE void add_steps(D d, Vec (&sum)[R][V], int64_t k, const LinesTogether<T, Next>& a, const T* HWY_RESTRICT b,
                          int64_t b_step, ArrivingRows<T, kSteps> c) {
  constexpr int kRowsForALine = int(kLine<T> / kSteps);
  const T* data = a.data;
  Next* const next = a.next;
  for (int arrived = 0; k > 0; k -= kLine<T>, data += kTileRows * kLine<T>) {
    for (int r = 0; r < kRowsForALine && arrived < R; ++r, ++arrived) c.fetch();
    const int64_t steps = std::min(k, kLine<T>);
    HWY_UNROLL(1)
    for (int64_t i = 0; i < steps; ++i, b += b_step) add_step(d, sum, b, ColumnOfLines<T>{data + i});
    if (next && k >= kLine<T>) next->copy_lines();  // behind the last steps, all that is left
  }
}
template <int R, int V, class D, class Vec, class T, class Next>
HWY_INLINE void add_steps(D d, Vec (&sum)[R][V], int64_t k, const LinesTogether<T, Next>& a, const T* HWY_RESTRICT b,
                          int64_t b_step) {
  const T* data = a.data;
  for (; k > 0; k -= kLine<T>, data += kTileRows * kLine<T>)
    for (int64_t i = 0; i < std::min(k, kLine<T>); ++i, b += b_step) add_step(d, sum, b, ColumnOfLines<T>{data + i});
}

/// Whether the last steps of a tile lie as left_at() takes them.
template <class T>
HWY_INLINE bool ends_in_one_piece(const StepsTogether<T>& a, int64_t k) {
  return a.chunk >= k || (k - kLastSteps) / a.chunk == (k - 1) / a.chunk;
}
template <class T, int kAhead>
HWY_INLINE bool ends_in_one_piece(const StepsAhead<T, kAhead>&, int64_t) {
  return false;  // each step fetches
}
template <class T>
HWY_INLINE bool ends_in_one_piece(const RowsTogether<T>&, int64_t) {
  return true;
}
template <class T, class Next>
HWY_INLINE bool ends_in_one_piece(const LinesTogether<T, Next>&, int64_t k) {
  return (k - kLastSteps) / kLine<T> == (k - 1) / kLine<T>;
}

/// left(r, i) gives the left factor's element in row r, i steps behind `step`.
template <int R, class T>
HWY_INLINE auto left_at(const StepsTogether<T>& a, int64_t step) {
  const int64_t chunk = step < a.chunk ? 0 : step / a.chunk;  // mostly one, without a division
  const RowPointers<T, R> rows(a.data + chunk * (a.chunk_stride - a.chunk) + step, a.row);
  return [rows](int r, int64_t i) HWY_ATTR { return rows(r) + i; };
}
template <int R, class T>
HWY_INLINE auto left_at(const RowsTogether<T>& a, int64_t step) {
  return [data = a.data + step * a.step, each = a.step](int r, int64_t i) HWY_ATTR { return data + i * each + r; };
}
template <int R, class T, class Next>
HWY_INLINE auto left_at(const LinesTogether<T, Next>& a, int64_t step) {
  const T* const data = a.data + step / kLine<T> * kTileRows * kLine<T> + step % kLine<T>;
  return [data](int r, int64_t i) HWY_ATTR { return data + r * kLine<T> + i; };
}

/// The last steps of the rows from kRow on, and their way to C. (Without the branch in each row GCC gathers the stores
/// behind all steps, and nothing is gained.)
template <int kRow, int R, int V, class D, class Vec, class T, class Left>
HWY_INLINE void end_by_rows(D d, Vec (&sum)[R][V], const Left& left, const T* HWY_RESTRICT b, int64_t b_step,
                            T* HWY_RESTRICT c, int64_t c_row, bool add) {
  constexpr int64_t lanes = kLanes<T>;
  HWY_UNROLL(8)
  for (int64_t i = 0; i < kLastSteps; ++i) {
    const Vec x = hn::Set(d, *left(kRow, i));
    HWY_UNROLL(8)
    for (int v = 0; v < V; ++v) sum[kRow][v] = hn::MulAdd(x, hn::LoadU(d, b + i * b_step + v * lanes), sum[kRow][v]);
  }
  if (add) {
    HWY_UNROLL(8)
    for (int v = 0; v < V; ++v) sum[kRow][v] = hn::Add(sum[kRow][v], hn::LoadU(d, c + kRow * c_row + v * lanes));
  }
  HWY_UNROLL(8)
  for (int v = 0; v < V; ++v) hn::StoreU(sum[kRow][v], d, c + kRow * c_row + v * lanes);
  if constexpr (kRow + 1 < R) end_by_rows<kRow + 1>(d, sum, left, b, b_step, c, c_row, add);
}

/// C (+)= A B for one tile of R rows and the first `columns` columns of V vectors (more than V - 1 vectors of them). A
/// is StepsTogether or RowsTogether. Step k of B stands at b + k * b_step, V whole vectors: where the tile is narrower
/// than V vectors, what lies behind in B is read and must be memory of ours. Sums run over k in order. (A by reference:
/// by value it would go over the stack, written in parts and read whole, which waits for all stores before it, those to
/// C too.)
template <class T, int R, int V, class A>
HWY_NOINLINE void multiply_tile(const A& a, int64_t k, const T* HWY_RESTRICT b, int64_t b_step, int64_t columns,
                                T* HWY_RESTRICT c, int64_t c_row, const TileEnd<T>& end) {
  const hn::ScalableTag<T> d;
  hn::Vec<decltype(d)> sum[R][V];
  HWY_UNROLL(16)
  for (int r = 0; r < R; ++r) HWY_UNROLL(8)
  for (int v = 0; v < V; ++v) sum[r][v] = hn::Zero(d);
  constexpr int64_t width = V * kLanes<T>;
  bool by_rows = false;
  if constexpr (kEndsByRows<R, V>)
    by_rows = columns == width && k >= kLastSteps && end.plain() && ends_in_one_piece(a, k);
  const int64_t steps = by_rows ? k - kLastSteps : k;
  if (k >= kStepsWorthPrefetch)
    add_steps(d, sum, steps, a, b, b_step, ArrivingRows<T, kStepsForARow>{c, c + columns - 1, c_row});
  else if (steps >= kFewestStepsWorthPrefetch)
    add_steps(d, sum, steps, a, b, b_step, ArrivingRows<T, kFewStepsForARow>{c, c + columns - 1, c_row});
  else add_steps(d, sum, steps, a, b, b_step);
  if constexpr (kEndsByRows<R, V>)
    if (by_rows) return end_by_rows<0>(d, sum, left_at<R>(a, steps), b + steps * b_step, b_step, c, c_row, end.add);
  if (columns == width) return end_tile(d, sum, c, c_row, end);
  HWY_ALIGN T tile[R * width];
  end_tile(d, sum, tile, width, TileEnd<T>{});
  end_partial_tile(tile, width, R, columns, c, c_row, end);
}

template <class T, class A>
using TileFunction = void (*)(const A&, int64_t k, const T* b, int64_t b_step, int64_t columns, T* c, int64_t c_row,
                              const TileEnd<T>&);

namespace detail {
template <class T, class A, int V, int... R>
constexpr std::array<TileFunction<T, A>, sizeof...(R)> tiles_of(std::integer_sequence<int, R...>) {
  return {&multiply_tile<T, R + 1, V, A>...};
}
}  // namespace detail

/// multiply_tile for each number of rows from 1 (at index 0) to kTileRows.
template <class T, class A, int V>
inline constexpr auto kTiles = detail::tiles_of<T, A, V>(std::make_integer_sequence<int, kTileRows>());

/// multiply_tile for any 1 <= rows <= kTileRows and 1 <= columns <= kPanelColumns<T>.
template <class T, class A>
HWY_INLINE void multiply_any_tile(int64_t rows, const A& a, int64_t k, const T* b, int64_t b_step, int64_t columns,
                                  T* c, int64_t c_row, const TileEnd<T>& end) {
  static_assert(kTileVectors == 2);
  if (columns > kLanes<T>) kTiles<T, A, 2>[size_t(rows - 1)](a, k, b, b_step, columns, c, c_row, end);
  else kTiles<T, A, 1>[size_t(rows - 1)](a, k, b, b_step, columns, c, c_row, end);
}

/// The rows of one side of a product, dealt to as few tiles as possible, as evenly as possible: 64 rows are 13, 13, 13,
/// 13, 12 and not 14, 14, 14, 14, 8, since a short tile waits for its own sums.
struct RowSplit {
  int64_t tiles, shorter, extra;
  explicit RowSplit(int64_t rows)
      : tiles((rows + kTileRows - 1) / kTileRows), shorter(tiles ? rows / tiles : 0), extra(rows - tiles * shorter) {}
  int64_t rows(int64_t tile) const { return shorter + (tile < extra ? 1 : 0); }
  int64_t first(int64_t tile) const { return tile * shorter + std::min(tile, extra); }
};

/// The part of a left factor that begins `rows` rows further down.
template <class T>
HWY_INLINE StepsTogether<T> from_row(StepsTogether<T> a, int64_t rows) {
  a.data += rows * a.row;
  return a;
}
template <class T>
HWY_INLINE RowsTogether<T> from_row(RowsTogether<T> a, int64_t rows) {
  a.data += rows;
  return a;
}

/// C (m x n) (+)= A B with B in panels of kPanelColumns<T> columns, panel p at b + p * b_panel (a row-major B with
/// whole panels: b_panel = kPanelColumns<T> and b_step = its row stride). For factors that stay in the caches: nothing
/// is blocked or packed. `end.column_bias`, `end.row_bias` and `end.added` are for the whole of C.
template <class T, class A>
void multiply_panels(int64_t m, int64_t n, int64_t k, A a, const T* b, int64_t b_step, int64_t b_panel, T* c,
                     int64_t c_row, const TileEnd<T>& end) {
  const RowSplit split(m);
  for (int64_t j = 0, panel = 0; j < n; j += kPanelColumns<T>, ++panel) {
    for (int64_t tile = 0; tile < split.tiles; ++tile) {
      const int64_t i = split.first(tile);
      multiply_any_tile(split.rows(tile), from_row(a, i), k, b + panel * b_panel, b_step,
                        std::min(kPanelColumns<T>, n - j), c + i * c_row + j, c_row, end.from(i, j, c_row));
    }
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_TILE_INL_H
