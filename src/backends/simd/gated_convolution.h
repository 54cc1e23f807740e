#pragma once
// A convolution's gradient behind that of an activation or of a max pooling, which its kernel makes on the way in.
#include "backends/simd/convolution_group.h"
#include "backends/simd/gradient_source.h"

namespace tacho::simd {

/// The convolution, whose operands' positions are those in the whole group; `source` where something stands before it.
struct GatedConvolution {
  ConvolutionGroup convolution;
  std::optional<GradientSource> source;
};

/// Any group that convolution_group_of() takes, or one of its gradients alone behind an activation's, windows of 2 x 2
/// places side by side, or relu's and these.
std::variant<GatedConvolution, Refusal> gated_convolution_of(const Group& group, const OfferContext& context,
                                                             const ConvolutionRange& range = {});

/// Layouts of the group's operands: images channels last, filters row-major.
void set_image_layouts(const Group& group, const GatedConvolution& gated, Offer& offer);

}  // namespace tacho::simd
