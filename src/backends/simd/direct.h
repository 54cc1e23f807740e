#pragma once
// Direct convolutions of images that lie channels last, as products of a tile of places by a panel of filters, summed
// over the taps: no image is unfolded, the rows of the left factor overlap in memory. For few channels (first layers),
// strides, dilations, groups, other filters than 3 x 3; with 1 x 1 filters it is the product of matrices.
#include "backends/simd/filter_range.h"
#include "backends/simd/images.h"
#include "device/cpu.h"
#include "op/row_join.h"

namespace tacho::simd {

/// Taps along one axis.
struct DirectAxis {
  int64_t taps = 1, stride = 1, dilation = 1;
  int64_t before = 0;  ///< zeros before the input; negative: so many places are left out
  int64_t reach(int64_t outputs) const { return (outputs - 1) * stride + (taps - 1) * dilation + 1; }
};

struct DirectShape {
  ImageExtent from, to;  ///< channels of all groups
  int64_t groups = 1;
  DirectAxis rows, columns;
  int64_t from_channels() const { return from.channels / groups; }
  int64_t to_channels() const { return to.channels / groups; }
  int64_t taps() const { return rows.taps * columns.taps; }
};

struct ConvolutionGroup;
/// The convolution itself; its gradient for the filters has the same shape.
DirectShape direct_shape(const ConvolutionGroup& group);

/// Where in larger images the outputs go, when they are every n-th row and column of them: the images' gradient of a
/// convolution with strides is one stride-1 convolution for each.
struct DirectPhase {
  int64_t first_row = 0, first_column = 0, down = 1, right = 1;
};

/// The part of a convolution that one thread computes, of `of` parts side by side: rows of results (pairs, where they
/// are pooled), or panels of their channels.
struct DirectPart {
  int64_t begin = 0, end = 1, of = 1;
  bool panels = false;
};

/// The filters of a phase, or all: tap (i, j) is tap (first_row + i * down, first_column + j * right) of w; `turned`: w
/// is that of the convolution whose gradient this is (from x to/groups x ...), and the taps run backwards.
struct DirectFilters {
  int64_t rows = 0, columns = 0;  ///< of w
  int64_t first_row = 0, first_column = 0, down = 1, right = 1;
  bool turned = false;
};

/// Sizes are in floats, whatever is in them. `bfloat16` ones round factors to bfloat16 as they copy and pack them.
struct DirectRoutines {
  int together = 1;  ///< products that one step of a sum has: pairs where they are bfloat16
  /// The shape whose channels, or whose results' rows, are in such steps.
  DirectShape (*in_units)(const DirectShape&);
  DirectShape (*summed)(const DirectShape&);
  /// One channel into few: the convolution, or its filters' gradient, is computed in vectors of places.
  bool (*is_narrow)(const DirectShape&, bool gradient);
  int64_t (*packed_floats)(const DirectShape&);
  void (*pack)(const DirectShape&, const DirectFilters&, const float* w, float* packed);
  int64_t (*workspace_floats)(const DirectShape&);
  /// The convolution of `images` images x into the places of `result` that `phase` names (no pooling unless all).
  void (*convolve)(const DirectShape&, const DirectPhase& phase, const DirectPart& part, int64_t images, const float* x,
                   const float* packed, const ImageResult& result, float* workspace);
  int64_t (*panels)(int64_t channels);
  /// Places of an image's results, for each tap that multiplies what they see.
  int64_t (*places_multiplied)(const DirectShape&, const DirectPhase&);

  /// The gradient of the filters; the partial holds them in panels.
  int64_t (*gradient_workspace_floats)(const DirectShape&);
  int64_t (*partial_floats)(const DirectShape&);
  /// Of `some` filters, from a multiple of row_step() on; others' sums stay as they are.
  void (*accumulate)(const DirectShape&, int64_t images, const float* x, const float* dy, const FilterRange& some,
                     bool empty, float* partial, float* workspace);
  void (*combine)(float* into, const float* from, int64_t floats, bool empty);
  /// Out of the lanes' partials, summed by a binary tree: filters `first` to `first + filters` of dw, to.channels x
  /// from_channels() x rows.taps x columns.taps, row-major; `dw` is where filter `first` goes. `first` is a multiple of
  /// row_step().
  void (*finish)(const DirectShape&, const Lanes<float>& lanes, int64_t first, int64_t filters, float* dw);
  int64_t (*row_step)(const DirectShape&);
};

/// Those of the best instruction set that this machine has (and Highway may use).
const DirectRoutines& direct_routines();
/// Those that multiply in bfloat16 with float32 sums; null where the machine or the target in use has no instructions.
const DirectRoutines* bfloat16_direct_routines();

}  // namespace tacho::simd
