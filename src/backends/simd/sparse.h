#pragma once
// The gradient of a convolution's filters behind a max pooling of 2 x 2 windows side by side, for few channels (first
// layers): of each window's four gradients three are zero, so each pooled gradient meets only the patch of the image
// that its maximum saw. No gradient of the convolution's size is made.
#include "backends/simd/direct.h"
#include "backends/simd/gradient_images.h"

namespace tacho::simd {

struct SparseRoutines {
  /// Patches of an image have at most so many floats.
  int64_t most_floats;
  int64_t (*workspace_floats)(const DirectShape&, const CpuInfo&);
  int64_t (*partial_floats)(const DirectShape&);
  /// The gradient of the filters of `images` images x, which lie channels last: added to `sums`, or written over them
  /// where they are `empty`. False where a place of a maximum is none; `sums` are anything then.
  bool (*accumulate)(const DirectShape&, const CpuInfo&, int64_t images, const float* x, const GradientImages&,
                     bool empty, float* sums, float* workspace);
  /// Out of the sums: dw, to.channels x from.channels x rows.taps x columns.taps, row-major.
  void (*finish)(const DirectShape&, const float* sums, float* dw);
};

/// Those of the best instruction set that this machine has (and Highway may use). One group, no dilation.
const SparseRoutines& sparse_routines();

/// Floats of the patch that one result of the convolution sees.
inline int64_t patch_floats(const DirectShape& s) { return s.taps() * s.from.channels; }

}  // namespace tacho::simd
