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

/// Takes the operation before the product into the chain; the reason where it has no place there.
std::string take_gate(ProductChain& chain, const Group& group) {
  const GroupMember &gate = group.members[0], &product = group.members[1];
  const std::string name(gate.op->name);
  const std::optional<ElementwiseCall> call = elementwise_call_of(name, gate.attributes);
  if (!call || !of_two(call->function)) return name + " before the product";
  const int made = gate.outputs[0];
  const bool second = product.inputs[1] == made;
  if (second == (product.inputs[0] == made)) return name + (second ? " of both factors" : " of no factor");
  ChainGate taken{*call, position_of(group.inputs, gate.inputs[1]), second};
  int& factor = second ? chain.second : chain.first;
  factor = position_of(group.inputs, gate.inputs[0]);
  if (factor < 0 || taken.other < 0) return "an operand of " + name + " is computed within the group";
  const GroupOperand& whole = group.operands[size_t(made)];
  for (int input : gate.inputs) {
    const GroupOperand& operand = group.operands[size_t(input)];
    if (operand.type != whole.type || !(operand.state == whole.state)) return name + " with an operand of another type";
    if (!operand.layout.is_row_major()) return name + " of images in another layout";
  }
  chain.gate = taken;
  chain.name = name + "+" + chain.name;
  return {};
}

}  // namespace

int position_of(const std::vector<int>& operands, int operand) {
  const auto found = std::find(operands.begin(), operands.end(), operand);
  return found == operands.end() ? -1 : int(found - operands.begin());
}

std::variant<ProductChain, Refusal> product_chain_of(const Group& group) {
  const size_t before = group.members[0].op->name == "matmul" ? 0 : 1;
  if (group.members.size() <= before || group.members[before].op->name != "matmul")
    return Refusal{text_of(group.members[0].op->name, " without a product behind it")};
  const GroupMember& product = group.members[before];
  ProductChain chain{.product = before,
                     .first = position_of(group.inputs, product.inputs[0]),
                     .second = position_of(group.inputs, product.inputs[1]),
                     .name = std::string(product.op->name)};
  if (before > 0)
    if (std::string reason = take_gate(chain, group); !reason.empty()) return Refusal{std::move(reason)};
  if (chain.first < 0 || chain.second < 0) return Refusal{"a factor is computed within the group"};
  const DType dtype = group.operands[size_t(product.inputs[0])].type.dtype;
  if (dtype != DType::float32 && dtype != DType::float64) return Refusal{text_of("dtype ", name_of(dtype))};
  int result = product.outputs[0];
  for (size_t i = before + 1; i < group.members.size(); ++i) {
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
