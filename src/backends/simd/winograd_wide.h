#pragma once
// Winograd's minimal filtering F(2x2, 5x5) for convolutions of stride 1: 36 products of a tile of 6 x 6 inputs instead
// of 100. It is made for few channels, whose sums are short: what a tile's products give is transformed in the
// registers that summed them. The convolution has filters in its vectors. Its gradients, where channels may fill none,
// have an element of as many images as a vector has lanes. The points are F(4x4, 3x3)'s, and so are the errors: below
// 1e-5 of what a sum of so many normal numbers comes to (winograd_wide_test.cc).
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

/// Rows of tiles that one thread computes.
struct WidePart {
  int64_t first = 0, rows = 0;
};

/// All pointers into workspaces, packed filters and partials are 64-byte aligned. Filters w are to.channels x
/// from.channels x 5 x 5, row-major, for the gradient of the images too.
struct WideRoutines {
  /// Of the images. With one channel a tile's transforms take as many additions as its products would, and little is
  /// won (28 x 28 places by 32 filters: 0.9 to 1.0 of the direct kernel's speed in AVX2; 1.35 in AVX-512, nothing
  /// beyond the noise of simplenn-4's step) for errors in all that follows the first layer: 200 steps of simplenn-4
  /// were 1.82 times as far from those in double as PyTorch's are, 1.05 with direct products.
  static constexpr int64_t kLeastChannels = 2;
  int64_t most_channels;
  int64_t (*packed_floats)(const WideShape&);
  void (*pack)(const WideShape&, const float* w, float* packed);
  int64_t (*workspace_floats)(const WideShape&);
  void (*convolve)(const WideShape&, const WidePart&, int64_t images, const float* x, const float* packed,
                   const ImageResult&, float* workspace);
  Tally (*tally)(const WideShape&);  ///< executed for one image, without the epilogue
};

/// The gradient of the images.
struct WideSpreadRoutines {
  int64_t lanes;  ///< images that are computed together, by the filters' gradient too: fewer take as long
  int64_t (*packed_floats)(const WideShape&);
  void (*pack)(const WideShape&, const float* w, float* packed);
  int64_t (*workspace_floats)(const WideShape&);
  /// dx, whole, of the results' gradients dy.
  void (*spread)(const WideShape&, int64_t images, const float* dy, const float* packed, float* dx, float* workspace);
  Tally (*tally)(const WideShape&);
};

/// The gradient of the filters. The partial holds it before the filters' transform.
struct WideGradientRoutines {
  /// With 16 registers it is not (AVX2, 6 channels by 16 filters: 0.93 of the direct kernel's speed; AVX-512: 1.36).
  bool worth_it;
  int64_t (*workspace_floats)(const WideShape&);
  int64_t (*partial_floats)(const WideShape&);
  /// Adds to the partial, or, where it is `empty`, overwrites it.
  void (*accumulate)(const WideShape&, int64_t images, const float* x, const float* dy, bool empty, float* partial,
                     float* workspace);
  void (*combine)(float* into, const float* from, int64_t floats, bool empty);
  void (*finish)(const WideShape&, const float* partial, float* dw);
  Tally (*tally)(const WideShape&);
};

/// Those of the best instruction set that this machine has (and Highway may use).
const WideRoutines& wide_routines();
const WideSpreadRoutines& wide_spread_routines();
const WideGradientRoutines& wide_gradient_routines();

}  // namespace tacho::simd
