#include "backends/onednn/chain.h"
#include "backends/onednn/layouts.h"
#include "backends/onednn/offers.h"
#include "backends/onednn/one_call.h"
#include "ops/resize2d_backward.h"
#include "ops/resize_geometry.h"

namespace tacho::onednn {
namespace {

/// oneDNN's nearest place is that of the middle; ours is that of the beginning, which is the same where an axis grows
/// by a whole factor.
bool same_places(int64_t in, int64_t out) {
  for (int64_t i = 0; i < out; ++i) {
    const float middle = (float(i) + 0.5f) * float(in) / float(out) - 0.5f;
    if (int64_t(std::round(middle)) != nearest_place(in, out, i)) return false;
  }
  return true;
}

}  // namespace

OfferResult offer_resize(const Group& group, const OfferContext& context) {
  if (std::string reason = plain_objection(group); !reason.empty()) return Refusal{reason};
  const GroupMember& member = group.members[0];
  const bool backward = member.op->name == "resize2d_backward";
  const bool linear = is_bilinear(backward ? member.attributes.as<Resize2dBackwardAttributes>().mode
                                           : member.attributes.as<Resize2dAttributes>().mode);
  const Shape in = group.input_types(member)[0].shape, out = group.output_types(member)[0].shape;
  const Shape &x = backward ? out : in, &y = backward ? in : out;
  if (!linear && (!same_places(x[2], y[2]) || !same_places(x[3], y[3])))
    return Refusal{"oneDNN takes other places for the nearest"};
  const ImageBlocks blocks = arriving_blocks(group.operands[size_t(group.inputs[0])], context);
  CallRecipe recipe;
  recipe.operands = {input_place(group, 0), output_place(group, 0)};
  recipe.make = [=](const CallShapes& shapes) {
    const Desc from = desc_of(shapes.inputs[0], blocks), to = desc_of(shapes.outputs[0], blocks);
    return backward ? make_resampling_backward(linear, to, from) : make_resampling(linear, from, to);
  };
  return offer_call(group, std::move(recipe), blocks, false);
}

}  // namespace tacho::onednn
