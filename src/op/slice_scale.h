#pragma once
// Actual shapes within a group when a slice is smaller than the one that was offered (the last slice of a batch).
#include "op/group.h"

namespace tacho {

/// By how much this call's slice is smaller than the offered one: learnt from the first external input that is sliced,
/// since all sliced operands of a group shrink in the same proportion. Allocates nothing.
class SliceScale {
 public:
  /// `inputs` are the views of one call, in the order of `group.inputs`.
  SliceScale(const Group& group, std::span<const View> inputs);

  /// The operand's type in this call: its offered type, with the sliced axis scaled.
  TensorType type(const GroupOperand& operand) const;

 private:
  int64_t offered_ = 1, actual_ = 1;
};

}  // namespace tacho
