#pragma once
// What stands between convolutions, on images that lie channels last.
#include <vector>

#include "backends/simd/images.h"
#include "ops/pool_geometry.h"

namespace tacho::simd {

/// Windows of an average pooling along one axis.
struct AverageAxis {
  struct Windows {
    int64_t begin = 0, end = 0;
  };
  std::vector<WindowPart> parts;  ///< by window; neither begins nor ends move backwards
  std::vector<Windows> seen_by;   ///< by place: the windows that see it
  explicit AverageAxis(std::vector<WindowPart> windows, int64_t places);
};

struct AverageWindows {
  AverageAxis rows, columns;
  std::vector<float> shares;  ///< by window: what its sum, or its gradient, is multiplied by
  AverageWindows(AverageAxis down, AverageAxis across);
};

struct ImageRoutines {
  /// sums[c] += the sum over `places` of x.
  void (*add_places)(const float* x, int64_t places, int64_t channels, float* sums);

  /// Maxima of each window and, where `index` is not null, their places; of equal elements the first. Of each image
  /// rows [first, end) of the results are written.
  void (*max_pool)(const PoolGeometry&, int64_t channels, int64_t images, int64_t first, int64_t end, const float* x,
                   float* y, int32_t* index);
  /// The gradient of 2 x 2 windows side by side for one image: dx is dy (where `gate` is null or positive) at the
  /// places in `index`, else 0; each element is written once. False, and dx is anything, where a place lies in another
  /// window.
  bool (*unpool_by_two)(const ImageExtent& image, const float* dy, const float* gate, const int32_t* index, float* dx);

  /// Means of each window.
  void (*average)(const AverageWindows&, int64_t channels, int64_t images, const float* x, float* y, float* workspace);
  /// Its adjoint: each place gets its share of the windows that see it.
  void (*spread)(const AverageWindows&, int64_t channels, int64_t images, const float* dy, float* dx, float* workspace);
  int64_t (*average_workspace_floats)(const AverageWindows&, int64_t channels);
};

/// Those of the best instruction set that this machine has (and Highway may use).
const ImageRoutines& image_routines();

}  // namespace tacho::simd
