#pragma once
// Offers of one operation on its own, on row-major operands, in both floating types.
#include <memory>
#include <string>

#include "backends/simd/product_chain.h"
#include "backends/simd/targets.h"

namespace tacho::simd {

/// Positions of the first member's operands among the group's inputs.
inline SmallVector<size_t, kMaxOperands> input_places(const Group& group) {
  SmallVector<size_t, kMaxOperands> places;
  for (int operand : group.members[0].inputs) places.push_back(size_t(position_of(group.inputs, operand)));
  return places;
}

/// A kernel `K<float>(group)` or `K<double>(group)` that writes all results of the group's one operation, over operands
/// where the operation may; or why there is none. `how`: what its reason says of it.
template <template <class> class K>
OfferResult offer_alone(const Group& group, const char* how) {
  if (group.members.size() != 1) return Refusal{"one operation at a time"};
  const GroupMember& member = group.members[0];
  const DType dtype = group.operands[size_t(member.inputs[0])].type.dtype;
  if (dtype != DType::float32 && dtype != DType::float64) return Refusal{text_of("dtype ", name_of(dtype))};
  for (size_t j = 0; j < member.outputs.size(); ++j)
    if (j >= group.outputs.size() || group.outputs[j] != member.outputs[j])
      return Refusal{"a result that nobody reads"};
  Offer offer;
  offer.name = std::string(member.op->name);
  offer.reason = text_of(how, ", vectors for ", target_in_use());
  for (int input : member.op->may_alias)
    offer.aliases.push_back(input < 0 ? -1 : position_of(group.inputs, member.inputs[size_t(input)]));
  if (dtype == DType::float32) offer.kernel = std::make_unique<K<float>>(group);
  else offer.kernel = std::make_unique<K<double>>(group);
  offer.executed = {required_by(group), true};
  return offer;
}

}  // namespace tacho::simd
