#pragma once
// The images' gradient of a convolution whose images have few channels. Channels alone would leave most of a vector
// empty; here a vector holds the columns of a row of taps and their channels, which lie side by side in the image: the
// products of a row of gradients by a row of taps, summed over rows and filters, are spread over the places of an
// image's row. So no product is with a zero that the convolution does not have.
#include "backends/simd/direct.h"
#include "count/op_count.h"

namespace tacho::simd {

/// `s` is the convolution's own shape: from images to results.
struct SpreadRoutines {
  /// One group, channels that fill no vector, rows of more than one tap, no strides and dilations together.
  bool (*fits)(const DirectShape& s);
  int64_t (*packed_floats)(const DirectShape& s);
  void (*pack)(const DirectShape& s, const float* w, float* packed);
  int64_t (*workspace_floats)(const DirectShape& s);
  /// dx, whole, of `images` images' results' gradients dy.
  void (*spread)(const DirectShape& s, int64_t images, const float* dy, const float* packed, float* dx,
                 float* workspace);
  /// Executed for one image: a multiplication and an addition for each product, and an addition for each sum of
  /// products that falls on a place of the image.
  Tally (*executed)(const DirectShape& s);
};

/// Those of the best instruction set that this machine has (and Highway may use).
const SpreadRoutines& spread_routines();

}  // namespace tacho::simd
