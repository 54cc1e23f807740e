#include "backends/simd/product_chain.h"

#include <algorithm>

#include "backends/simd/element_steps.h"
#include "ops/bias_add.h"

namespace tacho::simd {
namespace {

/// Takes one more operation of each element of `result` into the chain; the reason where it has no place there.
std::string append_step(ProductChain& chain, const Group& group, const GroupMember& member, int result) {
  const std::string name(member.op->name);
  const std::optional<ElementwiseCall> call = elementwise_call_of(name, member.attributes);
  if (!call) return "a product followed by " + name;
  if (chain.steps.size() == kMostSteps) return text_of("more than ", kMostSteps, " operations behind the product");
  ChainStep step{*call};
  if (member.inputs.size() == 2) {
    step.other_first = member.inputs[1] == result;
    const int operand = member.inputs[step.other_first ? 0 : 1];
    if (operand == result) return name + " of the result and itself";
    step.other = position_of(group.inputs, operand);
    if (step.other < 0) return "the other operand of " + name + " is computed within the group";
    const GroupOperand &other = group.operands[size_t(operand)], &own = group.operands[size_t(result)],
                       &out = group.operands[size_t(member.outputs[0])];
    if (other.type.dtype != own.type.dtype) return text_of("an operand of ", name_of(other.type.dtype));
    const int64_t elements = element_count(own.type.shape);
    if (element_count(out.type.shape) != elements) return name + " with a larger operand";
    step.single = element_count(other.type.shape) == 1 && other.state.kind == SliceState::whole;
    if (!step.single && (element_count(other.type.shape) != elements || other.state.kind != own.state.kind))
      return name + " with an operand that is broadcast";
  }
  chain.steps.push_back(step);
  return {};
}

/// Takes one more member into the chain; the reason where it has no place there.
std::string append(ProductChain& chain, const Group& group, const GroupMember& member, int result) {
  const std::string name(member.op->name);
  if (member.op->has(Trait::view)) return {};
  chain.name += "+" + name;
  if (!member.op->has(Trait::bias)) return append_step(chain, group, member, result);
  if (!chain.steps.empty()) return name + " behind other operations";
  if (chain.bias >= 0) return "a second bias";
  chain.biased = member.inputs[0];
  const size_t rank = group.operands[size_t(chain.biased)].type.shape.size();
  chain.bias_axis = normalize_axis(member.attributes.as<BiasAddAttributes>().axis, rank);
  chain.bias = position_of(group.inputs, member.inputs[1]);
  return chain.bias < 0 ? "the bias is computed within the group" : "";
}

}  // namespace

int position_of(const std::vector<int>& operands, int operand) {
  const auto found = std::find(operands.begin(), operands.end(), operand);
  return found == operands.end() ? -1 : int(found - operands.begin());
}

std::variant<ProductChain, Refusal> product_chain_of(const Group& group) {
  const GroupMember& product = group.members[0];
  if (&product != &group.anchor_member()) return Refusal{text_of(product.op->name, " before the product")};
  ProductChain chain{.first = position_of(group.inputs, product.inputs[0]),
                     .second = position_of(group.inputs, product.inputs[1]),
                     .name = std::string(product.op->name)};
  if (chain.first < 0 || chain.second < 0) return Refusal{"a factor is computed within the group"};
  const DType dtype = group.operands[size_t(product.inputs[0])].type.dtype;
  if (dtype != DType::float32 && dtype != DType::float64) return Refusal{text_of("dtype ", name_of(dtype))};
  int result = product.outputs[0];
  for (size_t i = 1; i < group.members.size(); ++i) {
    const GroupMember& member = group.members[i];
    const bool follows = std::find(member.inputs.begin(), member.inputs.end(), result) != member.inputs.end();
    if (!follows || (member.op->has(Trait::bias) && member.inputs[0] != result))
      return Refusal{text_of(member.op->name, " does not follow the product in a chain")};
    if (group.operands[size_t(result)].state.kind == SliceState::partial)
      return Refusal{"a partial sum is read within the group"};
    if (std::string reason = append(chain, group, member, result); !reason.empty()) return Refusal{std::move(reason)};
    result = member.outputs[0];
  }
  if (group.outputs.size() != 1 || group.outputs[0] != result)
    return Refusal{"a result before the last is read outside the group"};
  return chain;
}

Tally required_by(const Group& group) {
  Tally total;
  for (const GroupMember& member : group.members) {
    const TensorTypes inputs = group.input_types(member), outputs = group.output_types(member);
    total += tally_of(*member.op, {member.attributes, inputs, outputs});
  }
  return total;
}

}  // namespace tacho::simd
