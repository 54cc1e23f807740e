#pragma once
// A convolution, or its gradient for the images, as convolutions that direct.h and grouped.h compute: the gradient
// behind a stride is one convolution for each of its phases.
#include <vector>

#include "backends/simd/convolution_group.h"
#include "backends/simd/direct.h"

namespace tacho::simd {

/// One convolution: all of a forward one, or what an images' gradient is at every n-th row and column.
struct ConvolutionPart {
  DirectShape shape;
  DirectPhase phase;
  DirectFilters filters;
  int64_t packed = 0;  ///< elements before its own in the packed filters

  int64_t products(int64_t images) const {
    return images * shape.to.height * shape.to.width * shape.to.channels * shape.taps() * shape.from_channels();
  }
};

/// The images' gradient: for each phase of the stride, the results' gradients under the filters' taps that reach it,
/// backwards. Phases that no tap reaches are left out. Forward: one part.
std::vector<ConvolutionPart> convolution_parts(const ConvolutionGroup& group);

/// Whether the parts leave out some places of the result, which get no contribution: it has to be zero before.
bool leaves_places_out(const ConvolutionGroup& group, const std::vector<ConvolutionPart>& parts);

}  // namespace tacho::simd
