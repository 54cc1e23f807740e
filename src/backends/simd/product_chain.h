#pragma once
// Groups of one product and what follows it element by element: bias_add, then activations, sums with another tensor,
// scales, gradients of activations. Before it one of these may make a factor: an activation's gradient.
#include <string>
#include <variant>

#include "backends/simd/elementwise_call.h"
#include "op/backend.h"

namespace tacho::simd {

/// An operation of each element of the product's result.
struct ChainStep {
  ElementwiseCall call;
  int other = -1;            ///< its other operand: position in Group::inputs; -1 without one
  bool single = false;       ///< that operand is one element, else it is as large as the result
  bool other_first = false;  ///< it is the operation's first operand
};

/// Makes a factor of the product on the way in: an operation of each element of two tensors as large as it.
struct ChainGate {
  ElementwiseCall call;
  int other = -1;       ///< its second operand: position in Group::inputs
  bool second = false;  ///< whether it makes the product's second factor
};

/// Where the parts of such a group are; all but the product may be absent, and reshapes may stand behind it.
struct ProductChain {
  size_t product = 0;           ///< index of its member
  int first = -1, second = -1;  ///< positions in Group::inputs of its factors, or of what `gate` makes one of
  std::optional<ChainGate> gate;
  int bias = -1;          ///< position in Group::inputs; -1 without bias
  int biased = -1;        ///< operand that the bias is added to
  int64_t bias_axis = 0;  ///< of `biased`, not negative
  std::vector<ChainStep> steps;
  std::string name;  ///< "matmul+bias_add+relu"
};

/// The chain, or why the group is none. Its first member is the product, of two floating operands of one type, or the
/// gate, with the product behind it.
std::variant<ProductChain, Refusal> product_chain_of(const Group& group);

/// Position of an operand in `operands` (Group::inputs or outputs); -1 where it is not there.
int position_of(const std::vector<int>& operands, int operand);

/// The sum of what the members' operations require: what a kernel executes that computes them by their definitions.
Tally required_by(const Group& group);

}  // namespace tacho::simd
