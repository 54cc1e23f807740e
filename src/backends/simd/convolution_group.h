#pragma once
// What the convolutions of this backend read out of a group.
#include <optional>
#include <variant>

#include "backends/simd/elementwise_call.h"
#include "backends/simd/images.h"
#include "op/backend.h"
#include "ops/clip.h"
#include "ops/conv_geometry.h"

namespace tacho::simd {

/// A convolution or one of its gradients with what follows it, for the largest slice.
struct ConvolutionGroup {
  enum Kind : uint8_t { forward, backward_data, backward_weights } kind = forward;
  ConvGeometry geometry;
  size_t first = 0, second = 0;  ///< the convolution's own operands: positions in Group::inputs
  int bias = -1, added = -1;     ///< the same for the bias and for the images of a sum; -1: none
  ImageEpilogue epilogue;
  std::optional<ClipAttributes> clip;         ///< bounds instead of relu
  bool hardswish = false;                     ///< instead of either
  std::optional<ElementwiseCall> activation;  ///< instead of all these: a function of what is stored
  int y = 0, index = -1;                      ///< of the results: positions in Group::outputs; -1: nobody reads it
  std::string name;                           ///< "conv2d+bias_add+relu+max_pool2d"

  const WindowAxis& rows() const { return geometry.rows; }
  const WindowAxis& columns() const { return geometry.columns; }
  ImageExtent image() const { return {rows().in, columns().in, geometry.c}; }
  ImageExtent result() const { return {rows().out, columns().out, geometry.k}; }
  /// What a forward kernel with this epilogue writes to.
  ImageResult result_of(const KernelRun& run) const;
};

/// What some kernels take that others do not.
struct ConvolutionRange {
  bool float64 = false;  ///< all operands in double precision
  bool no_images = false;
  bool hardswish = false;
  bool activations = false;  ///< any other function of one element
};

/// The group, or why its convolution is none for this backend: of float32, images in slices of the batch, filters
/// whole; behind a forward one at most bias_add, the sum with images like the result, relu or clip, and (where nothing
/// was added) max_pool2d of 2 x 2 windows, in this order; behind an image's gradient at stride 1 a sum. `range`: what
/// else.
std::variant<ConvolutionGroup, Refusal> convolution_group_of(const Group& group, const OfferContext& context,
                                                             const ConvolutionRange& range = {});

/// Channels last; row-major where that is the same (one channel, or one place).
Layout image_layout(const TensorType& type);

/// Whether an operand may be images channels last: whole, or slices of the batch, which cut that layout as they cut the
/// row-major one.
bool may_be_images(const GroupOperand& operand);

/// Layouts of the group's operands: images as image_layout has them, filters, biases and gradients of filters
/// row-major.
void set_image_layouts(const Group& group, const ConvolutionGroup& convolution, Offer& offer);

/// What the operations behind the first require.
Tally epilogue_tally(const Group& group);

/// Multiplications of a convolution without those on padding.
int64_t direct_products(const ConvGeometry& geometry);

}  // namespace tacho::simd
