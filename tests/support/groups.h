#pragma once
// Groups made from types and slice states, offered to a backend and run as an executor would: slices, lanes, packs,
// workspace, partials.
#include <vector>

#include "op/backend.h"
#include "tests/support/slices.h"

namespace tacho::support {

/// One operation of a chain. Operands are numbered: the chain's inputs first, then the outputs of its steps in order;
/// -1 is an absent optional input.
struct Step {
  const OpDef* op = nullptr;
  Attributes attributes;
  std::vector<int> inputs;
};

/// A chain with the types of the whole operands and their slice states.
struct Chain {
  std::vector<GroupMember> members;
  std::vector<TensorType> types;   ///< by operand, of the whole
  std::vector<SliceState> states;  ///< by operand
  std::vector<int> inputs, outputs;
  int64_t rows = 1;     ///< the batch axis of this chain
  std::string refusal;  ///< why it cannot be sliced so; empty where it can

  /// The group that is offered when `slice` is the largest one.
  Group group(const Slice& slice) const;
};

/// Nothing sliced (`initiator` -1), or input `initiator` sliced along its outermost axis.
Chain make_chain(const std::vector<TensorType>& inputs, const std::vector<Step>& steps, int initiator = -1);
/// A chain of one operation; absent optional inputs stay absent.
Chain single_group(const OpDef& op, const Attributes& attributes, const std::vector<TensorType>& inputs,
                   int initiator = -1);

/// External outputs by the reference kernels, member by member, unsliced. `inputs` are the chain's inputs.
std::vector<Tensor> run_members(const Chain& chain, const std::vector<Tensor>& inputs);

/// External outputs by the offered kernel: `slices` in order, dealt in runs to `lanes` where outputs are partial. Fresh
/// memory (outputs, workspace, partials) is full of `garbage`. Writing beside workspace, packs, partials or operands is
/// a GoogleTest failure.
std::vector<Tensor> run_offer(const Backend& backend, const Offer& offer, const Chain& chain,
                              const std::vector<Tensor>& inputs, const std::vector<Slice>& slices, size_t lanes,
                              int garbage);

}  // namespace tacho::support
