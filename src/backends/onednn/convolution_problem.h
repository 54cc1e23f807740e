#pragma once
// One convolution as the operations describe it, and how oneDNN is asked for it.
#include <functional>

#include "backends/onednn/chain.h"
#include "backends/onednn/layouts.h"
#include "ops/conv_geometry.h"

namespace tacho::onednn {

/// What oneDNN answers where --convolution winograd asks for what it has no kernel for.
inline constexpr const char* kWinogradWanted = "Winograd's algorithm was asked for, which oneDNN has not";

/// Blocks of two image operands: 0 row-major; nothing: oneDNN chooses.
struct BlockPair {
  std::optional<int64_t> x, y;
};

/// Extents for one number of images, and the blocks of both image operands.
struct ConvolutionProblem {
  ConvGeometry geometry;
  bool bias = false, term = false;
  bool transposed = false;  ///< from y to x, by oneDNN's primitive of that name
  Activation activation = Activation::none;

  /// With the images of x and y in blocks, and filters in the given layout (empty: oneDNN chooses). `last`: see
  /// image_desc.
  Convolution described(const BlockPair& blocks, const Desc& w, bool last) const;
  /// The filters as the operation has them, row-major, under the axes that oneDNN knows them by.
  Desc plain_filters() const;
};

/// The problem with which a group's first member (conv2d or one of its two gradients) is concerned.
ConvolutionProblem convolution_problem_of(const Group& group);

/// Which blocks to try, best first, and which of those that oneDNN may choose are good.
struct BlockChoice {
  std::vector<BlockPair> pairs;
  bool blocks = true, channels_last = true;

  bool allows(int64_t block, int64_t channels) const {
    if (block == channels) return channels_last || (blocks && channels <= 16);
    return block == 0 || blocks;
  }
};
/// For the images x and y of a convolution, of which a result has no layout yet. The layout that arrives is kept;
/// without one the block that fits the machine is tried, which kernels before and behind will choose too, then
/// row-major x (of one or three channels), then whatever oneDNN prefers. `wanted` may rule out the one or the other;
/// `x_plain`, `y_plain`: row-major only.
BlockChoice blocks_to_try(const GroupOperand& x, const GroupOperand& y, ImageLayout wanted, bool x_plain, bool y_plain);

/// What was made with the blocks that were chosen.
struct ChosenConvolution {
  MadeConvolution made;
  int64_t x_block = 0, y_block = 0;
  bool last = false;  ///< how oneDNN was told of one block
};
using MakeConvolution = MadeConvolution (*)(const Convolution&);

/// Makes it with the first pair of blocks for which oneDNN has a fast implementation whose layouts are ours to name;
/// else the reason why there is none.
std::variant<ChosenConvolution, Refusal> choose_convolution(const ConvolutionProblem& problem, MakeConvolution make,
                                                            const BlockChoice& choice);
/// The same for another number of images, in the layouts that were chosen.
MadeConvolution make_for_images(int64_t n, ConvolutionProblem problem, MakeConvolution make,
                                const ChosenConvolution& chosen);

}  // namespace tacho::onednn
