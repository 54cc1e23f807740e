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

/// The left factor with its rows side by side: element (r, k) is data[k * step + r]. A transposed matrix, or a packed
/// panel.
template <class T>
struct RowsTogether {
  const T* data = nullptr;
  int64_t step = 0;
};

/// What happens to a finished tile of sums on its way to memory.
template <class T>
struct TileEnd {
  bool add = false;                ///< to what stands there; else it is overwritten
  const T* column_bias = nullptr;  ///< one per column of the tile; null: none
  const T* row_bias = nullptr;     ///< one per row of the tile; null: none
  bool relu = false;               ///< after the biases; NaN stays
};

}  // namespace tacho::simd
