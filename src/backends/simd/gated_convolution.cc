#include "backends/simd/gated_convolution.h"

namespace tacho::simd {

std::variant<GatedConvolution, Refusal> gated_convolution_of(const Group& group, const OfferContext& context,
                                                             const ConvolutionRange& range) {
  GatedConvolution gated;
  gated.source = gradient_source_of(group);
  if (gated.source && gated.source->pool && !pools_by_two(*gated.source->pool))
    return Refusal{"behind a pooling of other windows than 2 x 2 places"};
  if (gated.source && gated.source->pool && !gated.source->by_relu())
    return Refusal{"behind a pooling and another activation's gradient than relu's"};
  const GroupBehind behind = gated.source ? group_behind(group, *gated.source) : GroupBehind{group, {}};
  if (gated.source && behind.group.members.size() > 1) return Refusal{"something behind such a gradient"};
  const auto found = convolution_group_of(behind.group, context, range);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  gated.convolution = std::get<ConvolutionGroup>(found);
  if (gated.source) {
    gated.convolution.first = size_t(gated.source->dy);
    gated.convolution.second = size_t(behind.positions.at(gated.convolution.second));
    gated.convolution.name = to_string(group);
  }
  return gated;
}

void set_image_layouts(const Group& group, const GatedConvolution& gated, Offer& offer) {
  if (!gated.source) return set_image_layouts(group, gated.convolution, offer);
  const bool weights = gated.convolution.kind == ConvolutionGroup::backward_weights;
  offer.input_layouts.resize(group.inputs.size());
  offer.output_layouts.resize(group.outputs.size());
  const auto lay = [&](int i) {
    if (i >= 0) offer.input_layouts[size_t(i)] = image_layout(group.operands[size_t(group.inputs[size_t(i)])].type);
  };
  for (int i : {gated.source->dy, gated.source->gate, gated.source->index}) lay(i);
  if (weights) lay(int(gated.convolution.second));
  else offer.output_layouts[0] = image_layout(group.operands[size_t(group.outputs[0])].type);
}

}  // namespace tacho::simd
