#pragma once
// Groups of the form product, bias_add, add, relu | sigmoid | tanh: what oneDNN computes in one primitive.
#include <variant>

#include "backends/onednn/dnnl_adapter.h"
#include "op/backend.h"

namespace tacho::onednn {

/// Where the parts of such a group are; all but the product may be absent, and reshapes may stand between.
struct ProductChain {
  int first = -1, second = -1, bias = -1;  ///< of the product and the bias: positions in Group::inputs
  int term = -1;                           ///< position of the other operand of the add (a residual connection)
  int biased = -1;                         ///< operand that the bias is added to; -1 without bias
  int64_t bias_axis = 0;                   ///< of `biased`, not negative
  Activation activation = Activation::none;
  std::string name;  ///< "matmul+bias_add+relu"
};

/// The chain, or why the group is none. Its product is the group's first member, of two float32 operands.
std::variant<ProductChain, Refusal> product_chain_of(const Group& group);

/// Position of an operand among the group's external ones; -1 where it is none of them.
int position_of(const std::vector<int>& operands, int operand);

/// What the members' operations require, which oneDNN's direct algorithms execute too: declared, for it counts nothing.
Executed required_of(const Group& group);

}  // namespace tacho::onednn
