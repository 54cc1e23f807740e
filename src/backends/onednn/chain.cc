#include "backends/onednn/chain.h"

#include <algorithm>
#include <optional>

#include "ops/bias_add.h"

namespace tacho::onednn {
namespace {

std::optional<Activation> activation_named(std::string_view name) {
  if (name == "relu") return Activation::relu;
  if (name == "sigmoid") return Activation::sigmoid;
  if (name == "tanh") return Activation::tanh;
  return std::nullopt;
}

/// Adds one more member to the chain whose result so far is operand `result`; the reason where it does not fit.
std::string extend(ProductChain& chain, const Group& group, const GroupMember& member, int result) {
  const std::string name(member.op->name);
  const bool second = name == "add" && member.inputs[1] == result;
  if (member.inputs.empty() || (member.inputs[0] != result && !second) || member.outputs.size() != 1)
    return name + " does not follow the product in a chain";
  if (name == "reshape") return {};
  chain.name += "+" + name;
  if (name == "bias_add") {
    if (chain.bias >= 0) return "a second bias_add";
    if (chain.activation != Activation::none) return "bias_add behind the activation";
    chain.bias = position_of(group.inputs, member.inputs[1]);
    if (chain.bias < 0) return "the bias is computed within the group";
    chain.biased = result;
    chain.bias_axis = normalize_axis(member.attributes.as<BiasAddAttributes>().axis,
                                     group.operands[size_t(result)].type.shape.size());
    return {};
  }
  if (name == "add") {
    if (chain.term >= 0) return "a second add";
    if (chain.activation != Activation::none) return "add behind the activation";
    const int other = member.inputs[second ? 0 : 1];
    const GroupOperand &term = group.operands[size_t(other)], &sum = group.operands[size_t(member.outputs[0])];
    if (term.type != sum.type || !(term.state == sum.state)) return "an add that broadcasts";
    chain.term = position_of(group.inputs, other);
    return chain.term < 0 ? "both terms are computed within the group" : "";
  }
  const std::optional<Activation> activation = activation_named(name);
  if (!activation) return "a product followed by " + name;
  if (chain.activation != Activation::none) return "a second activation: " + name;
  chain.activation = *activation;
  return {};
}

}  // namespace

int position_of(const std::vector<int>& operands, int operand) {
  const auto found = std::find(operands.begin(), operands.end(), operand);
  return found == operands.end() ? -1 : int(found - operands.begin());
}

std::variant<ProductChain, Refusal> product_chain_of(const Group& group) {
  const GroupMember& product = group.members[0];
  ProductChain chain;
  chain.name = product.op->name;
  chain.first = position_of(group.inputs, product.inputs[0]);
  chain.second = position_of(group.inputs, product.inputs[1]);
  if (chain.first < 0 || chain.second < 0) return Refusal{"a factor is computed within the group"};
  for (int operand : group.inputs) {
    const TensorType& type = group.operands[size_t(operand)].type;
    if (type.dtype != DType::float32) return Refusal{text_of("dtype ", name_of(type.dtype))};
    if (element_count(type.shape) == 0) return Refusal{"an operand without elements"};
  }
  int result = product.outputs[0];
  for (size_t i = 1; i < group.members.size(); ++i) {
    if (group.operands[size_t(result)].state.kind == SliceState::partial)
      return Refusal{"a partial sum is read within the group"};
    if (const std::string reason = extend(chain, group, group.members[i], result); !reason.empty())
      return Refusal{reason};
    result = group.members[i].outputs[0];
  }
  if (group.outputs.size() != 1 || group.outputs[0] != result)
    return Refusal{"a result before the last is read outside the group"};
  return chain;
}

Executed required_of(const Group& group) {
  Executed executed;
  executed.declared = true;
  for (const GroupMember& member : group.members) {
    const TensorTypes inputs = group.input_types(member), outputs = group.output_types(member);
    executed.tally += tally_of(*member.op, {member.attributes, inputs, outputs});
  }
  return executed;
}

}  // namespace tacho::onednn
