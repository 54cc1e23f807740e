#include "op/slice_scale.h"

namespace tacho {

SliceScale::SliceScale(const Group& group, std::span<const View> inputs) {
  for (size_t i = 0; i < group.inputs.size(); ++i) {
    const GroupOperand& operand = group.operands[size_t(group.inputs[i])];
    if (operand.state.kind != SliceState::sliced) continue;
    const size_t axis = size_t(operand.state.axis);
    if (operand.type.shape[axis] == 0) continue;  // says nothing about the proportion
    offered_ = operand.type.shape[axis];
    actual_ = inputs[i].type.shape[axis];
    return;
  }
}

TensorType SliceScale::type(const GroupOperand& operand) const {
  TensorType type = operand.type;
  if (operand.state.kind != SliceState::sliced || actual_ == offered_) return type;
  int64_t& extent = type.shape[size_t(operand.state.axis)];
  extent = extent * actual_ / offered_;
  return type;
}

}  // namespace tacho
