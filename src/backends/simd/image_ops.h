#pragma once
// What stands between convolutions, on images that lie channels last.
#include <vector>

#include "backends/simd/images.h"
#include "ops/pool_geometry.h"

namespace tacho::simd {

/// Windows of a pooling along one axis.
struct PooledAxis {
  struct Windows {
    int64_t begin = 0, end = 0;
  };
  std::vector<WindowPart> parts;  ///< by window; neither begins nor ends move backwards
  std::vector<Windows> seen_by;   ///< by place: the windows that see it
  bool apart = true;              ///< no place is seen by two windows, and each window sees some
  explicit PooledAxis(std::vector<WindowPart> windows, int64_t places);
};

struct AverageWindows {
  PooledAxis rows, columns;
  std::vector<float> shares;  ///< by window: what its sum, or its gradient, is multiplied by
  AverageWindows(PooledAxis down, PooledAxis across);
};

struct MaxWindows {
  PoolGeometry geometry;
  PooledAxis rows, columns;
  explicit MaxWindows(const PoolGeometry& geometry);
  /// Windows of 2 x 2 places side by side, none on padding.
  bool by_two() const;
};

struct ImageRoutines {
  /// sums[c] += the sum over `places` of x (where `gate` is null or positive).
  void (*add_places)(const float* x, const float* gate, int64_t places, int64_t channels, float* sums);

  /// Maxima of each window and, where `index` is not null, their places in the window; of equal elements the first.
  /// Of each image rows [first, end) of the results are written.
  void (*max_pool)(const PoolGeometry&, int64_t channels, int64_t images, int64_t first, int64_t end, const float* x,
                   float* y, uint8_t* index);
  /// The same with the places of windows of more than 256; `index` is not null.
  void (*max_pool_large)(const PoolGeometry&, int64_t channels, int64_t images, int64_t first, int64_t end,
                         const float* x, float* y, int32_t* index);
  /// The gradient for one image: dx is the sum of dy (where `gate` is null or positive) of the windows whose `index`
  /// names the place; each element is written once. False, and dx is anything, where a place lies outside of its window
  /// or of the image.
  bool (*unpool)(const MaxWindows&, int64_t channels, const float* dy, const float* gate, const uint8_t* index,
                 float* dx);

  /// Means of each window.
  void (*average)(const AverageWindows&, int64_t channels, int64_t images, const float* x, float* y, float* workspace);
  /// Its adjoint: each place gets its share of the windows that see it.
  void (*spread)(const AverageWindows&, int64_t channels, int64_t images, const float* dy, float* dx, float* workspace);
  int64_t (*average_workspace_floats)(const AverageWindows&, int64_t channels);
};

/// Those of the best instruction set that this machine has (and Highway may use).
const ImageRoutines& image_routines();

}  // namespace tacho::simd
