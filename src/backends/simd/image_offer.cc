#include "backends/simd/image_offer.h"

#include "backends/simd/convolution_group.h"
#include "backends/simd/layouts.h"
#include "backends/simd/targets.h"

namespace tacho::simd {

std::string image_objection(const Group& group, const OfferContext& context, size_t members) {
  if (group.members.size() != members) return "one operation at a time";
  for (const std::vector<int>* operands : {&group.inputs, &group.outputs})
    for (int operand : *operands) {
      const GroupOperand& o = group.operands[size_t(operand)];
      if (o.type.dtype != DType::float32 && o.type.dtype != DType::int32 && o.type.dtype != DType::uint8)
        return text_of("dtype ", name_of(o.type.dtype));
      if (!may_be_images(o)) return "not images, or images sliced along another axis than the batch";
    }
  if (context.row_major_outputs)
    for (int operand : group.outputs)
      if (!image_layout(group.operands[size_t(operand)].type).is_row_major()) return "the result is read row-major";
  return {};
}

bool arrives_channels_last(const Group& group, int operand) {
  const GroupOperand& o = group.operands[size_t(operand)];
  return is_nhwc(o.layout) || (image_layout(o.type).is_row_major() && o.layout.is_row_major());
}

Offer image_offer(const Group& group) {
  Offer offer;
  offer.name = to_string(group);
  offer.reason = text_of("images lie channels last, vectors for ", target_in_use());
  const auto layout_of = [&](int operand) {
    const GroupOperand& o = group.operands[size_t(operand)];
    return may_be_images(o) ? image_layout(o.type) : Layout{};
  };
  for (int operand : group.inputs) offer.input_layouts.push_back(layout_of(operand));
  for (int operand : group.outputs) offer.output_layouts.push_back(layout_of(operand));
  for (const GroupMember& member : group.members) {
    const TensorTypes in = group.input_types(member), out = group.output_types(member);
    offer.executed.tally += tally_of(*member.op, {member.attributes, in, out});
  }
  offer.executed.declared = true;
  return offer;
}

}  // namespace tacho::simd
