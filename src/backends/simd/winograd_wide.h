#pragma once
// Winograd's minimal filtering F(2x2, 5x5) for convolutions of stride 1 with few channels: 36 products of a tile of 6 x
// 6 inputs instead of 100. With few channels the sums are short, and no vector of them is full; here a vector holds an
// element of as many images as it has lanes, so that tiles are transformed without a lane left empty, and a tile's
// products are transformed back out of the registers that summed them. The points are F(4x4, 3x3)'s, and so are the
// errors: relative to the largest result below 1e-5 (winograd_wide_test.cc).
#include <cstddef>

#include "backends/simd/images.h"
#include "count/op_count.h"

namespace tacho::simd {

/// The convolution itself; its gradients have the same shape.
struct WideShape {
  ImageExtent from, to;
  int64_t top = 0, left = 0;  ///< zeros before the images
  int64_t tiles_down() const { return (to.height + 1) / 2; }
  int64_t tiles_across() const { return (to.width + 1) / 2; }
  int64_t tiles() const { return tiles_down() * tiles_across(); }
  static constexpr int64_t kPlaces = 36;  ///< of a tile
};

/// All pointers into workspaces and packed filters are 64-byte aligned. Filters w are to.channels x from.channels x 5 x
/// 5, row-major, also for the gradient of the images.
struct WideRoutines {
  int64_t lanes;  ///< images that are computed together: fewer take as long
  int64_t (*packed_floats)(const WideShape&);
  void (*pack)(const WideShape&, const float* w, float* packed);
  int64_t (*workspace_floats)(const WideShape&);
  /// The convolution of images x, which is not pooled and to which nothing is added.
  void (*convolve)(const WideShape&, int64_t images, const float* x, const float* packed, const ImageResult&,
                   float* workspace);

  /// The same for the gradient of the images: dx, whole, of the results' gradients dy.
  int64_t (*gradient_packed_floats)(const WideShape&);
  void (*gradient_pack)(const WideShape&, const float* w, float* packed);
  int64_t (*gradient_workspace_floats)(const WideShape&);
  void (*spread)(const WideShape&, int64_t images, const float* dy, const float* packed, float* dx, float* workspace);

  /// Executed for one image by `convolve` (without the epilogue) and by `spread`.
  Tally (*convolve_tally)(const WideShape&);
  Tally (*spread_tally)(const WideShape&);
};

/// Those of the best instruction set that this machine has (and Highway may use).
const WideRoutines& wide_routines();

}  // namespace tacho::simd
