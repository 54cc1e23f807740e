#include "op/group.h"

#include "op/backend.h"

namespace tacho {
namespace {
TensorTypes types_at(const Group& group, const SmallVector<int, kMaxOperands>& indices) {
  TensorTypes types;
  for (int index : indices)
    types.push_back(index < 0 ? TensorType{DType::boolean, {}} : group.operands[size_t(index)].type);
  return types;
}
}  // namespace

TensorTypes Group::input_types(const GroupMember& member) const { return types_at(*this, member.inputs); }
TensorTypes Group::output_types(const GroupMember& member) const { return types_at(*this, member.outputs); }

bool Group::has_partial() const {
  for (int output : outputs)
    if (operands[size_t(output)].state.kind == SliceState::partial) return true;
  return false;
}

std::string to_string(const Group& group) {
  std::string text;
  for (const GroupMember& member : group.members) text += (text.empty() ? "" : "+") + std::string(member.op->name);
  return text;
}

namespace {
/// Axes of more than one element, outermost first.
SmallVector<int8_t, kMaxRank> order_of_axes(const Shape& shape, const Layout& layout) {
  SmallVector<int8_t, kMaxRank> order;
  for (size_t i = 0; i < shape.size(); ++i) {
    const int8_t axis = layout.permutation.empty() ? int8_t(i) : layout.permutation[i];
    if (shape[size_t(axis)] != 1) order.push_back(axis);
  }
  return order;
}
}  // namespace

bool same_in_memory(const Shape& shape, const Layout& a, const Layout& b) {
  if (a == b) return true;
  return a.kind == Layout::plain && b.kind == Layout::plain && order_of_axes(shape, a) == order_of_axes(shape, b);
}

std::string to_string(const Layout& layout) {
  switch (layout.kind) {
    case Layout::opaque:
      return text_of("opaque(", layout.owner ? layout.owner->name : "?", ":", layout.key, ")");
    case Layout::blocked:
      return text_of("blocked(axis ", int(layout.block_axis), " by ", layout.block, ")");
    case Layout::plain:
      break;
  }
  if (layout.permutation.empty()) return "row-major";
  std::string text = "permuted(";
  for (size_t i = 0; i < layout.permutation.size(); ++i)
    text += (i ? "," : "") + std::to_string(int(layout.permutation[i]));
  return text + ")";
}

}  // namespace tacho
