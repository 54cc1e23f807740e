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

/// A part of A that is wanted soon (rows x columns as it lies in memory), brought into L2 a few lines at a time between
/// the tiles that still work on the part before it.
template <class T>
class Ahead {
 public:
  Ahead() = default;
  /// `calls`: how often advance() will be called until the part is wanted.
  Ahead(const T* data, int64_t stride, int64_t rows, int64_t columns, int64_t calls)
      : row_(data), stride_(stride), rows_(rows), columns_(columns) {
    const int64_t lines = rows * ((columns + kLine<T> - 1) / kLine<T> + 1);
    lines_per_call_ = (lines + calls - 1) / calls;
  }
  HWY_INLINE void advance() {
    for (int64_t i = 0; i < lines_per_call_ && rows_ > 0; ++i) {
      __builtin_prefetch(row_ + std::min(at_, columns_ - 1), 0, 2);
      at_ += kLine<T>;
      if (at_ < columns_ + kLine<T>) continue;  // a row that begins within a line ends in one more
      at_ = 0;
      row_ += stride_;
      --rows_;
    }
  }

 private:
  const T* row_ = nullptr;
  int64_t stride_ = 0, rows_ = 0, columns_ = 0, at_ = 0, lines_per_call_ = 0;
};

/// The rows of one tile of a row-major A on their way into a panel of LinesTogether: a load and a store for each line,
/// which cost next to nothing between the steps of the last tile that reads the panel before it, where that one stood.
template <class T>
class NextPanel {
 public:
  NextPanel() = default;
  NextPanel(const T* a, int64_t stride, int64_t rows, int64_t steps, T* panel)
      : from_(a), stride_(stride), rows_(rows), steps_(steps), to_(panel) {}

  /// The next kLine<T> steps, while there are any.
  HWY_INLINE void copy_lines() {
    if (steps_ <= 0) return;
    const hn::ScalableTag<T> d;
    const T* from = from_;
    T* to = to_;
    if (steps_ >= kLine<T>) {
      for (int64_t r = 0; r < rows_; ++r, from += stride_, to += kLine<T>)
        for (int64_t i = 0; i < kLine<T>; i += kLanes<T>) hn::Store(hn::LoadU(d, from + i), d, to + i);
    } else {
      for (int64_t r = 0; r < rows_; ++r, from += stride_, to += kLine<T>) std::copy_n(from, steps_, to);
    }
    from_ += kLine<T>;
    to_ += kTileRows * kLine<T>;
    steps_ -= kLine<T>;
  }
  void finish() {
    while (steps_ > 0) copy_lines();
  }

 private:
  const T* from_ = nullptr;
  int64_t stride_ = 0, rows_ = 0, steps_ = 0;
  T* to_ = nullptr;
};

/// n rounded up to a multiple of m.
HWY_INLINE int64_t round_up(int64_t n, int64_t m) { return (n + m - 1) / m * m; }

/// Parts as equal as their unit allows, none larger than `most` (a multiple of the unit).
HWY_INLINE int64_t even_block(int64_t extent, int64_t most, int64_t unit) {
  const int64_t parts = std::max<int64_t>(1, (extent + most - 1) / most);
  return std::max(unit, round_up((extent + parts - 1) / parts, unit));
}

/// `count` elements, and zeros up to `width`.
template <class T>
HWY_INLINE void copy_padded(const T* HWY_RESTRICT from, int64_t count, T* HWY_RESTRICT to, int64_t width) {
  const hn::ScalableTag<T> d;
  int64_t i = 0;
  for (; i + kLanes<T> <= count; i += kLanes<T>) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  for (; i < count; ++i) to[i] = from[i];
  for (; i < width; ++i) to[i] = T(0);
}

/// `count` elements; short runs by two overlapping halves of a vector.
template <class T>
HWY_INLINE void copy_run(const T* HWY_RESTRICT from, int64_t count, T* HWY_RESTRICT to) {
  const hn::ScalableTag<T> d;
  const hn::Half<decltype(d)> half;
  constexpr int64_t lanes = kLanes<T>, half_lanes = lanes / 2;
  if (count >= lanes) {
    for (int64_t i = 0; i + lanes <= count; i += lanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
    hn::StoreU(hn::LoadU(d, from + count - lanes), d, to + count - lanes);
  } else if (count >= half_lanes) {
    const auto first = hn::LoadU(half, from), last = hn::LoadU(half, from + count - half_lanes);
    hn::StoreU(first, half, to);
    hn::StoreU(last, half, to + count - half_lanes);
  } else {
    for (int64_t i = 0; i < count; ++i) to[i] = from[i];
  }
}

/// The rows of one tile of a row-major A, k steps, as a panel with its rows side by side: element (r, p) at
/// packed[p * rows + r]. By squares of 16 bytes a side, all rows of one line of the cache after the other; the last
/// rows overlap with those before them.
template <class T>
void pack_rows(const T* HWY_RESTRICT a, int64_t stride, int64_t rows, int64_t k, T* HWY_RESTRICT packed) {
  constexpr int64_t side = 16 / sizeof(T), line = 64 / sizeof(T);
  const int64_t whole = rows < side ? 0 : k / side * side;
  for (int64_t p = 0; p < whole; p += line) {
    const int64_t end = std::min(p + line, whole);
    for (int64_t r = 0; r < rows; r += side) {
      const int64_t first = std::min(r, rows - side);
      for (int64_t q = p; q < end; q += side)
        transpose_square(a + first * stride + q, stride, packed + q * rows + first, rows);
    }
  }
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t p = whole; p < k; ++p) packed[p * rows + r] = a[r * stride + p];
}

/// Which steps of panels that have `all` are packed.
struct PackedSteps {
  int64_t first, count, all;
};

/// The rows of up to `count` tiles from `tile` on of a transposed A, which begins at the first of them: each panel has
/// its rows side by side for all steps, and begins behind the panels before it.
template <class T>
void pack_columns(const T* HWY_RESTRICT a, int64_t stride, const RowSplit& split, int64_t tile, int64_t count,
                  const PackedSteps& steps, T* HWY_RESTRICT packed) {
  const int64_t end = std::min(split.tiles, tile + count), first = split.first(tile);
  for (int64_t p = steps.first; p < steps.first + steps.count; ++p, a += stride)
    for (int64_t t = tile; t < end; ++t) {
      const int64_t rows = split.rows(t), before = split.first(t) - first;
      copy_run(a + before, rows, packed + before * steps.all + p * rows);
    }
}

/// Steps of B (row-major, from the first of them on) as panels of kPanelColumns<T> columns, each all steps x
/// kPanelColumns<T>; behind the last column zeros. A few steps at a time for all panels, since each step may stand on a
/// page of its own.
template <class T>
void pack_panels(const T* HWY_RESTRICT b, int64_t stride, int64_t n, const PackedSteps& steps, T* HWY_RESTRICT packed) {
  const hn::ScalableTag<T> d;
  constexpr int64_t width = kPanelColumns<T>, together = 8;
  const int64_t whole = n / width * width;
  packed += steps.first * width;
  for (int64_t p = 0; p < steps.count; p += together) {
    const int64_t end = std::min(p + together, steps.count);
    for (int64_t j = 0; j < whole; j += width) {
      const T* from = b + p * stride + j;
      T* to = packed + j * steps.all + p * width;
      for (int64_t q = p; q < end; ++q, from += stride, to += width)
        for (int v = 0; v < kTileVectors; ++v) hn::StoreU(hn::LoadU(d, from + v * kLanes<T>), d, to + v * kLanes<T>);
    }
    for (int64_t q = p; whole < n && q < end; ++q)
      copy_padded(b + q * stride + whole, n - whole, packed + whole * steps.all + q * width, width);
  }
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
