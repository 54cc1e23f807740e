#pragma once
// Cutting operands into slices as the slice rule says, and putting them together again.
#include <vector>

#include "op/op_def.h"

namespace tacho::support {

/// `count` indices of `axis` from `begin`, in fresh contiguous memory.
Tensor cut(const Tensor& whole, int64_t axis, int64_t begin, int64_t count);
/// Writes `part` to where cut() would have taken it from.
void paste(const Tensor& part, int64_t axis, int64_t begin, const Tensor& whole);

/// An operation with its operands' types, and what the slice rule made of them.
struct SlicedCall {
  const OpDef* op = nullptr;
  Attributes attributes;
  std::vector<TensorType> inputs, outputs;  ///< of the whole
  SliceStates input_states, output_states;
  int64_t rows = 0;  ///< in how many rows all sliced operands can be cut: the batch axis of this call

  bool refused() const;
};

/// Asks the slice rule with input `initiator` sliced along `axis`, the others whole.
SlicedCall sliced_call(const OpDef& op, const Attributes& attributes, std::span<const TensorType> inputs,
                       size_t initiator, int64_t axis);

/// `rows` divided into `parts` slices that differ by at most one row, the longer ones first.
std::vector<Slice> even_slices(int64_t rows, int64_t parts);

/// The type of an operand's part in a slice: whole types stay, sliced ones shrink in proportion to the rows.
TensorType part_type(const TensorType& whole, const SliceState& state, const Slice& slice);
/// The operand's part; whole and undefined tensors are handed through.
Tensor part_of(const Tensor& whole, const SliceState& state, const Slice& slice);
/// Puts the part of a sliced output into its place.
void paste_part(const Tensor& part, const SliceState& state, const Slice& slice, const Tensor& whole);

}  // namespace tacho::support
