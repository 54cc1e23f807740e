#pragma once
// Winograd's minimal filtering F(M x M, 3 x 3), M = 4 or 2, for convolutions of stride 1 of images that lie channels
// last: tiles of (M + 2)^2 inputs, M^2 outputs (with M = 4 fewer at an image's ends), one product of matrices for each
// of the tile's places instead of one for each of the filter's taps. Errors relative to the largest result: below 2e-5
// (M = 4) and 2e-6 (M = 2) for the gradients of filters, below 1e-5 and 1e-6 for images, by measurement up to 512
// channels (convolution_test.cc, ErrorsOfDeepLayers). --convolution winograd-2x2 asks for M = 2 everywhere.
#include <cstddef>

#include "backends/simd/filter_range.h"
#include "backends/simd/gradient_images.h"
#include "backends/simd/images.h"
#include "count/op_count.h"
#include "device/cpu.h"
#include "op/row_join.h"

namespace tacho::simd {

/// A stride-1 convolution with 3 x 3 filters between two kinds of images.
struct WinogradShape {
  int outputs = 4;            ///< M: outputs of a tile along each axis
  ImageExtent from, to;       ///< the convolution's input and output
  int64_t top = 0, left = 0;  ///< zeros before the input; negative: so many rows or columns are left out
  int tile() const { return outputs + 2; }
  int64_t tiles_down() const { return (to.height + outputs - 1) / outputs; }
  int64_t tiles_across() const { return (to.width + outputs - 1) / outputs; }
  int64_t tiles() const { return tiles_down() * tiles_across(); }  ///< of an image
  /// Outputs of the last tile of a column, of a row: with M = 4 what is left of the image, so that no product is
  /// wasted.
  int last_down() const { return last_of(to.height); }
  int last_across() const { return last_of(to.width); }
  /// Places of all tiles of an image: products for each pair of channels.
  int64_t places() const {
    return (tiles_down() * tile() + last_down() - outputs) * (tiles_across() * tile() + last_across() - outputs);
  }

 private:
  int last_of(int64_t size) const { return outputs == 4 && size % 4 != 0 ? int(size % 4) : outputs; }
};

/// How much is worked on together: tiles, and panels of results (one panel of filters is as wide as a tile of
/// registers).
struct WinogradBlocks {
  int64_t tiles = 0, panels = 1;
  int64_t depth = 0;  ///< channels whose filters are transformed at a time, where they are used; 0: all, packed before
};

/// Where the matrices of a block of tiles lie: one of `rows` x `row` floats for each of the tile's places. Two of them
/// are an odd number of cache lines apart, so that the places of one tile, which are written together, do not compete
/// for a few sets of the cache: 25 tiles of 40 channels, 4096 bytes apart, took 1.6 times as long as 24.
struct Places {
  int64_t row = 0, distance = 0, floats = 0;
  Places(const WinogradShape& s, int64_t rows, int64_t row_floats)
      : row(row_floats),
        distance(((rows * row_floats + kLine - 1) / kLine | 1) * kLine),
        floats(distance * s.tile() * s.tile()) {}
  static constexpr int64_t kLine = 16;  ///< floats of a cache line
};

/// The part of a convolution that one thread computes: tiles, numbered over all images, or channels of the results,
/// from a multiple of the blocks' panels on.
struct WinogradPart {
  int64_t tile = 0, tiles = 0;
  int64_t channel = 0, channels = 0;
};

/// Filters w as WinogradRoutines::pack takes them, and as pack_taps made them, where that was done.
struct WinogradFilters {
  const float* w = nullptr;
  bool turned = false;
  const float* taps = nullptr;
};

/// M for results of this extent: the one with fewer multiplications, 2 (more accurate) where they are the same.
int winograd_outputs(int64_t height, int64_t width);

/// What the routines below are for one instruction set. All pointers into workspaces, packed filters and partials are
/// 64-byte aligned.
struct WinogradRoutines {
  /// Floats of the packed filters.
  int64_t (*packed_floats)(const WinogradShape&);
  /// Filters w (to.channels x from.channels x 3 x 3, row-major) transformed. With `turned`, w is that of the
  /// convolution whose gradient this is: from.channels x to.channels x 3 x 3, turned by half a circle.
  void (*pack)(const WinogradShape&, const WinogradBlocks&, const float* w, bool turned, float* packed);

  /// For so many images, by the sizes of this machine's caches.
  WinogradBlocks (*blocks)(const WinogradShape&, int64_t images, const CpuInfo&);
  int64_t (*workspace_floats)(const WinogradShape&, const WinogradBlocks&);
  /// A part of the convolution of images x.
  void (*convolve)(const WinogradShape&, const WinogradBlocks&, const WinogradPart&, const GradientImages& x,
                   const float* packed, const ImageResult&, float* workspace);

  /// The same where blocks.depth is not 0; a part is of channels.
  void (*convolve_fresh)(const WinogradShape&, const WinogradBlocks&, const WinogradPart&, const GradientImages& x,
                         const WinogradFilters&, const ImageResult&, float* workspace);
  /// Filters that stay as they are in the order in which convolve_fresh reads them, not transformed.
  int64_t (*taps_floats)(const WinogradShape&);
  void (*pack_taps)(const WinogradShape&, const float* w, bool turned, float* taps);

  /// The same three for the gradient of the filters, and the floats of its partial: the gradient before the filters'
  /// transform, or, where blocks.depth is not 0, behind it. `accumulate` and `combine` add to it, or, where it is
  /// `empty`, overwrite it; `accumulate` only in the sums of `some` filters, from a multiple of `panel` on.
  WinogradBlocks (*gradient_blocks)(const WinogradShape&, int64_t images, const CpuInfo&);
  int64_t (*gradient_workspace_floats)(const WinogradShape&, const WinogradBlocks&);
  int64_t (*partial_floats)(const WinogradShape&, const WinogradBlocks&);
  void (*accumulate)(const WinogradShape&, const WinogradBlocks&, int64_t images, const float* x,
                     const GradientImages& dy, const FilterRange& some, bool empty, float* partial, float* workspace);
  void (*combine)(float* into, const float* from, int64_t floats, bool empty);
  /// Out of the lanes' partials, summed by a binary tree: filters `first` to `first + filters` of dw, to.channels x
  /// from.channels x 3 x 3, row-major; `dw` is where filter `first` goes. `first` is a multiple of `panel`.
  void (*finish)(const WinogradShape&, const WinogradBlocks&, const Lanes<float>& lanes, int64_t first, int64_t filters,
                 float* dw);
  int64_t panel;

  /// Executed by `convolve` or `convolve_fresh` (without the epilogue), and by `accumulate`, for so many images.
  Tally (*convolve_tally)(const WinogradShape&, const WinogradBlocks&, int64_t images);
  Tally (*accumulate_tally)(const WinogradShape&, const WinogradBlocks&, int64_t images);
  /// Of this the images' transforms, which each part of the channels does.
  Tally (*images_tally)(const WinogradShape&, int64_t images);
};

/// Those of the best instruction set that this machine has (and Highway may use).
const WinogradRoutines& winograd_routines();

}  // namespace tacho::simd
