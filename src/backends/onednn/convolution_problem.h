#pragma once
// One convolution as the operations describe it, and how oneDNN is asked for it.
#include <functional>

#include "backends/onednn/chain.h"
#include "backends/onednn/layouts.h"
#include "ops/conv_geometry.h"

namespace tacho::onednn {

/// Extents for one number of images, and the blocks of both image operands.
struct ConvolutionProblem {
  ConvGeometry geometry;
  bool bias = false;
  Activation activation = Activation::none;

  /// With the images of x and y in blocks (0 row-major, nothing: oneDNN chooses) and filters in the given layout
  /// (empty: oneDNN chooses).
  Convolution described(std::optional<int64_t> x_block, std::optional<int64_t> y_block, const Desc& w) const;
  /// The filters as the operation has them, row-major.
  Desc plain_filters() const;
};

/// The problem with which a group's first member (conv2d or one of its two gradients) is concerned.
ConvolutionProblem convolution_problem_of(const Group& group);

/// What was made with the blocks that were chosen.
struct ChosenConvolution {
  MadeConvolution made;
  int64_t x_block = 0, y_block = 0;
};
using MakeConvolution = MadeConvolution (*)(const Convolution&);

/// Makes it with the first pair of (x, y) blocks for which oneDNN has a fast implementation whose layouts are ours to
/// name; else the reason why there is none.
std::variant<ChosenConvolution, Refusal> choose_convolution(
    const ConvolutionProblem& problem, MakeConvolution make,
    std::initializer_list<std::pair<std::optional<int64_t>, std::optional<int64_t>>> attempts);

}  // namespace tacho::onednn
