// Takes every group: what no other backend wants runs here, by the plain loops that define the operations.
#include "op/backend.h"

#include "backends/reference/member_runner.h"
#include "backends/reference/reorder.h"

namespace tacho {
namespace {

int position_of(const std::vector<int>& operands, int operand) {
  const auto found = std::find(operands.begin(), operands.end(), operand);
  return found == operands.end() ? -1 : int(found - operands.begin());
}

/// A single operation's own rule; members of a longer group read each other's inputs too late for it.
std::vector<int> aliases_of(const Group& group) {
  std::vector<int> aliases(group.outputs.size(), -1);
  if (group.members.size() != 1) return aliases;
  const GroupMember& member = group.members[0];
  for (size_t j = 0; j < member.outputs.size() && j < member.op->may_alias.size(); ++j) {
    const int output = position_of(group.outputs, member.outputs[j]), input = member.op->may_alias[j];
    if (output < 0 || input < 0 || size_t(input) >= member.inputs.size()) continue;
    if (group.operands[size_t(member.outputs[j])].state.kind == SliceState::partial) continue;
    aliases[size_t(output)] = position_of(group.inputs, member.inputs[size_t(input)]);
  }
  return aliases;
}

OfferResult offer(const Group& group, const OfferContext&) {
  auto kernel = std::make_unique<reference::MemberRunner>(group);
  Offer offer;
  offer.workspace_bytes = kernel->workspace_bytes();
  offer.kernel = std::move(kernel);
  offer.name = to_string(group);
  offer.reason = group.members.size() == 1 ? "plain loops" : "plain loops, one operation after another";
  offer.aliases = aliases_of(group);
  offer.efficiency = kPlainLoops;
  for (const GroupMember& member : group.members) {
    const TensorTypes inputs = group.input_types(member), outputs = group.output_types(member);
    offer.executed.tally += tally_of(*member.op, {member.attributes, inputs, outputs});
  }
  return offer;
}

}  // namespace

extern const Backend backend_reference{
    .name = "reference",
    .doc = "The plain loops that define each operation; takes every group.",
    .preference = 1,
    .offer = offer,
    .reorder = reference::make_reorder,
};

}  // namespace tacho
