#pragma once
#include <vector>

#include "op/layout.h"
#include "op/op_def.h"

namespace tacho {

/// A value of a group. `type` is that of one slice's part (the largest slice) where the state is sliced or partial over
/// a sliced input.
struct GroupOperand {
  TensorType type;
  SliceState state;
  Layout layout;  ///< how an external input arrives
};

struct GroupMember {
  const OpDef* op = nullptr;
  Attributes attributes;
  SmallVector<int, kMaxOperands> inputs, outputs;  ///< indices into Group::operands; -1 for an absent optional input
};

/// A self-contained piece of the graph with one anchor (a convolution with its bias and ReLU): what a backend is
/// offered. A single operation is a group of one. Members are in execution order.
struct Group {
  std::vector<GroupMember> members;
  int anchor = 0;  ///< index of the member that names the group
  std::vector<GroupOperand> operands;
  std::vector<int> inputs, outputs;  ///< external operands, in the order of KernelRun's views

  const GroupMember& anchor_member() const { return members[size_t(anchor)]; }
  /// Types of a member's operands, for its rules.
  TensorTypes input_types(const GroupMember& member) const;
  TensorTypes output_types(const GroupMember& member) const;
  /// True where an output of the group is combined over slices.
  bool has_partial() const;
};

/// "conv2d+bias_add+relu".
std::string to_string(const Group& group);

}  // namespace tacho
