#pragma once
// What the tiles of tile-inl.h are told, the same for every target.
#include <cstdint>

namespace tacho::simd {

/// The left factor of a tile with its steps (the summed index k) side by side: element (r, k) is
/// data[r * row + k % chunk + k / chunk * chunk_stride]. A row-major matrix is one chunk; a packed panel has chunks as
/// long as a vector, so that packing it is copying.
template <class T>
struct StepsTogether {
  const T* data = nullptr;
  int64_t row = 0;
  int64_t chunk = INT64_MAX, chunk_stride = 0;
};

/// The same, and memory that is fetched into L2 meanwhile: kVectors vectors for each step, `ahead_step` apart.
template <class T, int kVectors>
struct StepsAhead : StepsTogether<T> {
  const T* ahead = nullptr;
  int64_t ahead_step = 0;
};

/// StepsTogether in one chunk, and what is read next, which is fetched into L1 meanwhile, `next_step` elements for each
/// step.
template <class T>
struct StepsAndNext : StepsTogether<T> {
  const T* next = nullptr;
  int64_t next_step = 0;
};

/// The left factor with its rows side by side: element (r, k) is data[k * step + r]. A transposed matrix, or a packed
/// panel.
template <class T>
struct RowsTogether {
  const T* data = nullptr;
  int64_t step = 0;
};

/// Elements of a line of the cache.
template <class T>
inline constexpr int64_t kLine = 64 / sizeof(T);

/// The left factor as a packed panel of lines, `together` of them for the same steps: element (r, k) is
/// data[(k / kLine * together + r) * kLine + k % kLine], so that packing it is copying. With a `next` (null: none),
/// each part is replaced by the next panel's as soon as its steps are done.
template <class T, class Next>
struct LinesTogether {
  const T* data = nullptr;
  Next* next = nullptr;
};

/// What happens to a finished tile of sums on its way to memory.
template <class T>
struct TileEnd {
  bool add = false;                ///< to what stands there; else it is overwritten
  const T* column_bias = nullptr;  ///< one per column of the tile; null: none
  const T* row_bias = nullptr;     ///< one per row of the tile; null: none
  const T* added = nullptr;        ///< a tile that lies as the result does, added behind the biases; null: none
  bool relu = false;               ///< after the sums; NaN stays
  bool bounded = false;            ///< instead of relu: between `least` and `most`; NaN stays
  T least = 0, most = 0;

  /// For the tiles that begin at (row, column) of the result, whose rows are `stride` apart.
  TileEnd from(int64_t row, int64_t column, int64_t stride) const {
    TileEnd end = *this;
    if (column_bias) end.column_bias += column;
    if (row_bias) end.row_bias += row;
    if (added) end.added += row * stride + column;
    return end;
  }
  void next_columns(int64_t columns) {
    if (column_bias) column_bias += columns;
    if (added) added += columns;
  }
  /// Whether the sums go to memory as they are, or are added to what is there.
  bool plain() const { return !column_bias && !row_bias && !added && !relu && !bounded; }
};

}  // namespace tacho::simd
