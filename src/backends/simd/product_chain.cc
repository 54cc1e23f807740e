#include "backends/simd/product_chain.h"

#include <algorithm>

#include "ops/bias_add.h"

namespace tacho::simd {
namespace {

constexpr std::pair<std::string_view, Activation> kActivations[] = {
    {"relu", Activation::relu}, {"sigmoid", Activation::sigmoid}, {"tanh", Activation::tanh}};

/// Takes one more member into the chain; the reason where it has no place there.
std::string append(ProductChain& chain, const Group& group, const GroupMember& member) {
  const std::string name(member.op->name);
  if (member.op->has(Trait::view)) return {};
  chain.name += "+" + name;
  if (chain.activation != Activation::none) return name + " behind the activation";
  if (member.op->has(Trait::bias)) {
    if (chain.bias >= 0) return "a second bias";
    chain.biased = member.inputs[0];
    const size_t rank = group.operands[size_t(chain.biased)].type.shape.size();
    chain.bias_axis = normalize_axis(member.attributes.as<BiasAddAttributes>().axis, rank);
    chain.bias = position_of(group.inputs, member.inputs[1]);
    return chain.bias < 0 ? "the bias is computed within the group" : "";
  }
  const auto known =
      std::find_if(std::begin(kActivations), std::end(kActivations), [&](const auto& a) { return a.first == name; });
  if (known == std::end(kActivations)) return "a product followed by " + name;
  chain.activation = known->second;
  return {};
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
    if (member.inputs[0] != result) return Refusal{text_of(member.op->name, " does not follow the product in a chain")};
    if (group.operands[size_t(result)].state.kind == SliceState::partial)
      return Refusal{"a partial sum is read within the group"};
    if (std::string reason = append(chain, group, member); !reason.empty()) return Refusal{std::move(reason)};
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
