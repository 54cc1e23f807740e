// Batch normalisation: with statistics that are given, its gradients, and the statistics. They are separate operations,
// since statistics are of the whole batch and everything else runs in slices; what oneDNN computes beyond the one asked
// for goes into scratch memory.
#include "ops/batch_norm.h"

#include <cstring>

#include "backends/onednn/chain.h"
#include "backends/onednn/layouts.h"
#include "backends/onednn/offers.h"
#include "backends/onednn/one_call.h"
#include "ops/channel_geometry.h"

namespace tacho::onednn {
namespace {

Desc images_desc(const Shape& shape, ImageBlocks blocks) {
  if (shape.size() == 4) return desc_of(shape, blocks);
  const ChannelGeometry g = channel_geometry(shape);
  return plain_desc({g.batch, g.channels, 1, g.inner});
}

}  // namespace

OfferResult offer_batch_norm(const Group& group, const OfferContext& context) {
  if (std::string reason = plain_objection(group); !reason.empty()) return Refusal{reason};
  const GroupMember& member = group.members[0];
  const std::string_view op = member.op->name;
  const GroupOperand& images = group.operands[size_t(member.inputs[0])];
  const ImageBlocks blocks = arriving_blocks(images, context);
  const float epsilon = op == "batch_norm_statistics" ? 0 : float(member.attributes.as<BatchNormAttributes>().epsilon);
  const auto in = [&](size_t i) { return input_place(group, i); };
  const Place out = output_place(group, 0), images_place = in(0);
  const Place scratch{Place::scratch, 0};
  CallRecipe recipe;
  Made (*make)(const Desc&, float) = make_batch_norm;
  if (op == "batch_norm") {
    recipe.operands = {in(0), in(1), in(2), in(3), in(4), out};
  } else if (op == "batch_norm_statistics") {
    recipe.operands = {in(0), out, output_place(group, 1), scratch};
    make = [](const Desc& desc, float) { return make_batch_norm_statistics(desc); };
  } else if (op == "batch_norm_backward_input") {
    // With given statistics: the normalisation of dy with mean and shift 0.
    recipe.operands = {in(0), in(1), scratch, scratch, in(2), out};
    const size_t channels = size_t(images.type.shape[1]);
    recipe.scratch_bytes = channels * sizeof(float);
    recipe.before = [channels](const KernelRun&, std::byte* zeros) { std::memset(zeros, 0, channels * sizeof(float)); };
  } else {
    recipe.operands = {in(0), in(1), in(2), in(3), in(3), scratch, out, output_place(group, 1)};
    make = make_batch_norm_backward;
  }
  if (op == "batch_norm_statistics" || op == "batch_norm_backward_parameters")
    recipe.scratch_bytes =
        size_t(images.type.shape.size() == 4 ? stored_elements(images.type.shape, blocks.of(images.type.shape)) * 4
                                             : byte_count(images.type.shape, DType::float32));
  recipe.make = [=](const CallShapes& shapes) {
    return make(images_desc(shapes.inputs[images_place.at], blocks), epsilon);
  };
  return offer_call(group, std::move(recipe), blocks, false);
}

}  // namespace tacho::onednn
