#pragma once
// Groups of one product and what follows it element by element: bias_add, then activations, sums with another tensor,
// scales, gradients of activations.
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

/// Where the parts of such a group are; all but the product may be absent, and reshapes may stand between.
struct ProductChain {
  int first = -1, second = -1;  ///< the product's factors: positions in Group::inputs
  int bias = -1;                ///< position in Group::inputs; -1 without bias
  int biased = -1;              ///< operand that the bias is added to
  int64_t bias_axis = 0;        ///< of `biased`, not negative
  std::vector<ChainStep> steps;
  std::string name;  ///< "matmul+bias_add+relu"
};

/// The chain, or why the group is none. Its first member is the product, of two floating operands of one type.
std::variant<ProductChain, Refusal> product_chain_of(const Group& group);

/// Position of an operand in `operands` (Group::inputs or outputs); -1 where it is not there.
int position_of(const std::vector<int>& operands, int operand);

/// The sum of what the members' operations require: what a kernel executes that computes them by their definitions.
Tally required_by(const Group& group);

}  // namespace tacho::simd
