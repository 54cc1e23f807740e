#include "ops/softmax.h"

#include "backends/onednn/chain.h"
#include "backends/onednn/offers.h"
#include "backends/onednn/one_call.h"
#include "ops/axis_rows.h"

namespace tacho::onednn {

OfferResult offer_softmax(const Group& group) {
  if (std::string reason = plain_objection(group); !reason.empty()) return Refusal{reason};
  const GroupMember& member = group.members[0];
  const std::string_view op = member.op->name;
  const bool logarithm = op.starts_with("log_"), backward = op.ends_with("_backward");
  const AxisRows offered = axis_rows(group.output_types(member)[0].shape, member.attributes.as<AxisAttributes>().axis);
  if (logarithm && offered.n == 1) return Refusal{"rows of one element, whose logarithm oneDNN only approximates"};
  CallRecipe recipe;
  for (size_t i = 0; i < member.inputs.size(); ++i) recipe.operands.push_back(input_place(group, i));
  recipe.operands.push_back(output_place(group, 0));
  // As rows, which have a fast kernel where they are consecutive.
  recipe.make = [=, axis = member.attributes.as<AxisAttributes>().axis](const CallShapes& shapes) {
    const AxisRows rows = axis_rows(shapes.outputs[0], axis);
    const Desc desc = rows.inner == 1 ? plain_desc({rows.outer, rows.n}) : plain_desc({rows.outer, rows.n, rows.inner});
    return backward ? make_softmax_backward(logarithm, 1, desc) : make_softmax(logarithm, 1, desc);
  };
  return offer_call(group, std::move(recipe), {}, false);
}

}  // namespace tacho::onednn
