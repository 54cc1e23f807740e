#pragma once
// The kernel of one primitive, which is what most operations of oneDNN are.
#include <functional>

#include "backends/onednn/dnnl_adapter.h"
#include "backends/onednn/made_once.h"
#include "op/backend.h"
#include "op/output_partial.h"

namespace tacho::onednn {

/// Where an operand of the primitive is: an input or an output of the call, or scratch memory in its workspace.
struct Place {
  enum Kind : uint8_t { input, output, scratch } kind = input;
  size_t at = 0;  ///< index of the view; offset of the scratch memory
};

/// Shapes of a call's operands; the last slice of a batch has others than were offered.
struct CallShapes {
  std::vector<Shape> inputs, outputs;
};

/// What to call.
struct CallRecipe {
  std::vector<Place> operands;  ///< in the primitive's order
  std::function<Made(const CallShapes&)> make;
  size_t scratch_bytes = 0;                                                ///< at the offered shapes
  std::function<void(const KernelRun&, std::byte*scratch)> before, after;  ///< our own part of it; may be empty
};

/// How operands of rank 4 lie: row-major, or all in blocks of so many channels, or each channels-last.
struct ImageBlocks {
  int64_t block = 0;
  bool last = false;
  /// The block for images of this shape.
  int64_t of(const Shape& shape) const { return last ? shape[1] : block; }
};
/// As `operand` arrives; row-major where the results must be.
ImageBlocks arriving_blocks(const GroupOperand& operand, const OfferContext& context);
/// What oneDNN is told of a tensor: row-major, or images as they lie.
Desc desc_of(const Shape& shape, ImageBlocks blocks);
/// The same as one row of elements, where all of them are alike: what is behind the last channel is then computed too,
/// so not where there is any.
Desc elements_desc(const Shape& shape, ImageBlocks blocks);

/// What stands against any single operation here: several members, other types than float32 (comparisons give
/// booleans), nothing to compute. Empty where nothing does.
std::string plain_objection(const Group& group);

/// The offer of a recipe for a group of one operation, `in_place` where output 0 may overwrite member input 0; a
/// refusal where oneDNN has nothing better than plain loops.
OfferResult offer_call(const Group& group, CallRecipe recipe, ImageBlocks blocks, bool in_place);

/// Position of a member's input or output among the group's external ones, as a place.
Place input_place(const Group& group, size_t input);
Place output_place(const Group& group, size_t output);

}  // namespace tacho::onednn
