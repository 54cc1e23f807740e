#include "backends/simd/convolution_group.h"

#include <algorithm>
#include <limits>

#include "backends/simd/gradient_source.h"
#include "backends/simd/layouts.h"
#include "backends/simd/product_chain.h"
#include "ops/bias_add.h"
#include "ops/conv2d_backward_data.h"
#include "ops/conv2d_backward_weights.h"
#include "ops/max_pool2d.h"

namespace tacho::simd {
namespace {

/// The sum with images like the result, as a residual connection or gradients that meet.
std::string extend_by_sum(ConvolutionGroup& convolution, const Group& group, const GroupMember& member, int result) {
  if (convolution.kind == ConvolutionGroup::backward_weights) return "a sum with a gradient of filters";
  if (convolution.kind == ConvolutionGroup::backward_data &&
      (convolution.rows().stride != 1 || convolution.columns().stride != 1))
    return "a sum with a gradient that leaves places out";
  const int other = member.inputs[0] == result ? member.inputs[1] : member.inputs[0];
  if (other == result || (member.inputs[0] != result && member.inputs[1] != result)) return "a sum with itself";
  const GroupOperand &own = group.operands[size_t(result)], &added = group.operands[size_t(other)];
  if (added.type != own.type || !(added.state == own.state)) return "a sum with something else than such images";
  convolution.added = position_of(group.inputs, other);
  if (convolution.added < 0) return "the other summand is computed within the group";
  convolution.epilogue.sum = true;
  return {};
}

/// Takes one more member, which reads operand `result`; the reason where it does not fit.
std::string extend(ConvolutionGroup& convolution, const Group& group, const GroupMember& member, int result,
                   const ConvolutionRange& range) {
  const std::string name(member.op->name);
  ImageEpilogue& epilogue = convolution.epilogue;
  const Shape& shape = group.operands[size_t(result)].type.shape;
  const bool forward = convolution.kind == ConvolutionGroup::forward, bounded = epilogue.relu || convolution.clip;
  const bool activated = convolution.hardswish || convolution.activation;
  if (name == "add" && !bounded && !epilogue.sum && !epilogue.pool && !activated)
    return extend_by_sum(convolution, group, member, result);
  if (!forward) return "nothing but a sum follows a gradient of conv2d";
  if (member.inputs.empty() || member.inputs[0] != result) return name + " does not follow in a chain";
  if (epilogue.pool) return name + " behind the pooling";
  if (activated) return name + " behind the activation";
  if (name == "bias_add" && !epilogue.bias && !epilogue.sum && !bounded) {
    if (normalize_axis(member.attributes.as<BiasAddAttributes>().axis, shape.size()) != 1)
      return "a bias along another axis than the channels";
    convolution.bias = position_of(group.inputs, member.inputs[1]);
    if (convolution.bias < 0) return "the bias is computed within the group";
    epilogue.bias = true;
    return {};
  }
  if (name == "relu" && !bounded) {
    epilogue.relu = true;
    return {};
  }
  if (name == "clip" && !bounded) {
    convolution.clip = member.attributes.as<ClipAttributes>();
    return {};
  }
  if (range.hardswish && !bounded && name == "hardswish") {
    convolution.hardswish = true;
    return {};
  }
  if (range.activations && !bounded && member.op->has(Trait::activation))
    if (const auto call = elementwise_call_of(name, member.attributes); call && !of_two(call->function)) {
      convolution.activation = call;
      return {};
    }
  if (name == "max_pool2d" && epilogue.sum) return "pooling behind a sum";
  if (name == "max_pool2d" && pools_by_two(pool_geometry(member.attributes.as<MaxPool2dAttributes>(), shape))) {
    epilogue.pool = true;
    return {};
  }
  return "a convolution followed by " + name;
}

std::string operands_that_do_not_fit(const Group& group, const ConvolutionRange& range) {
  for (const std::vector<int>* operands : {&group.inputs, &group.outputs})
    for (int operand : *operands) {
      const GroupOperand& o = group.operands[size_t(operand)];
      if (o.type.dtype != DType::float32 && o.type.dtype != DType::uint8 &&
          !(range.float64 && o.type.dtype == DType::float64))
        return text_of("dtype ", name_of(o.type.dtype));
      if (!range.no_images && element_count(o.type.shape) == 0) return "an operand without elements";
    }
  return {};
}

/// Images are whole or sliced along the batch, filters whole (or a sum over the slices).
std::string states_that_do_not_fit(const ConvolutionGroup& convolution, const Group& group) {
  const GroupMember& member = group.members[0];
  const bool weights = convolution.kind == ConvolutionGroup::backward_weights;
  const GroupOperand &first = group.operands[size_t(member.inputs[0])],
                     &second = group.operands[size_t(member.inputs[1])],
                     &out = group.operands[size_t(member.outputs[0])];
  const bool sliced = first.state.is_sliced(0);
  if (!may_be_images(first)) return "images sliced along another axis than the batch";
  if (weights ? !(second.state == first.state) : second.state.kind != SliceState::whole)
    return "filters or images of which this slice has a part";
  if (out.state.kind != (!sliced ? SliceState::whole : weights ? SliceState::partial : SliceState::sliced))
    return "a result that is sliced otherwise than the images";
  return {};
}

}  // namespace

ImageResult ConvolutionGroup::result_of(const KernelRun& run) const {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  return {.y = run.out<float>(size_t(y)),
          .index = index < 0 ? nullptr : run.out<uint8_t>(size_t(index)),
          .bias = bias < 0 ? nullptr : run.in<float>(size_t(bias)),
          .added = added < 0 ? nullptr : run.in<float>(size_t(added)),
          .least = clip            ? float(clip->low)
                   : epilogue.relu ? 0.0f
                                   : -infinity,
          .most = clip ? float(clip->high) : infinity,
          .pool = epilogue.pool,
          .extent = kind == forward ? result() : image()};
}

std::variant<ConvolutionGroup, Refusal> convolution_group_of(const Group& group, const OfferContext& context,
                                                             const ConvolutionRange& range) {
  const GroupMember& member = group.members[0];
  const TensorTypes in = group.input_types(member), out = group.output_types(member);
  ConvolutionGroup c;
  c.name = member.op->name;
  if (c.name == "conv2d") {
    c.geometry = conv_geometry(member.attributes.as<Conv2dAttributes>(), in[0].shape, in[1].shape);
  } else if (c.name == "conv2d_backward_data") {
    c.kind = ConvolutionGroup::backward_data;
    c.geometry = conv_geometry(member.attributes.as<Conv2dBackwardDataAttributes>().conv, out[0].shape, in[1].shape);
  } else {
    c.kind = ConvolutionGroup::backward_weights;
    c.geometry = conv_geometry(member.attributes.as<Conv2dBackwardWeightsAttributes>().conv, in[1].shape, out[0].shape);
  }
  if (std::string reason = operands_that_do_not_fit(group, range); !reason.empty()) return Refusal{reason};
  if (std::string reason = states_that_do_not_fit(c, group); !reason.empty()) return Refusal{reason};
  const int first = position_of(group.inputs, member.inputs[0]), second = position_of(group.inputs, member.inputs[1]);
  if (first < 0 || second < 0) return Refusal{"an operand of the convolution is computed within the group"};
  c.first = size_t(first), c.second = size_t(second);
  int result = member.outputs[0];
  for (size_t i = 1; i < group.members.size(); ++i) {
    if (std::string reason = extend(c, group, group.members[i], result, range); !reason.empty()) return Refusal{reason};
    result = group.members[i].outputs[0];
    c.name += "+" + std::string(group.members[i].op->name);
  }
  const GroupMember& last = group.members.back();
  c.y = position_of(group.outputs, last.outputs[0]);
  if (c.epilogue.pool) c.index = position_of(group.outputs, last.outputs[1]);
  if (c.y < 0) return Refusal{"only the places of the maxima are read"};
  if (group.outputs.size() != (c.index < 0 ? 1u : 2u)) return Refusal{"a result before the last is read outside"};
  if (context.row_major_outputs && c.kind != ConvolutionGroup::backward_weights &&
      !image_layout(group.operands[size_t(result)].type).is_row_major())
    return Refusal{"the result is read row-major"};
  return c;
}

Layout image_layout(const TensorType& type) {
  const Shape& s = type.shape;
  return s.size() != 4 || s[1] == 1 || s[2] * s[3] == 1 ? Layout{} : nhwc_layout();
}

bool may_be_images(const GroupOperand& operand) {
  return operand.type.shape.size() == 4 && (operand.state.is_sliced(0) || operand.state.kind == SliceState::whole);
}

void set_image_layouts(const Group& group, const ConvolutionGroup& convolution, Offer& offer) {
  const auto layout_of = [&](int operand) { return image_layout(group.operands[size_t(operand)].type); };
  const bool weights = convolution.kind == ConvolutionGroup::backward_weights;
  offer.input_layouts.resize(group.inputs.size());
  offer.output_layouts.resize(group.outputs.size());
  offer.input_layouts[convolution.first] = layout_of(group.inputs[convolution.first]);
  if (convolution.added >= 0)
    offer.input_layouts[size_t(convolution.added)] = layout_of(group.inputs[size_t(convolution.added)]);
  if (weights) offer.input_layouts[convolution.second] = layout_of(group.inputs[convolution.second]);
  else
    for (size_t i = 0; i < group.outputs.size(); ++i) offer.output_layouts[i] = layout_of(group.outputs[i]);
}

Tally epilogue_tally(const Group& group) {
  Tally total;
  for (size_t i = 1; i < group.members.size(); ++i) {
    const GroupMember& member = group.members[i];
    const TensorTypes in = group.input_types(member), out = group.output_types(member);
    total += tally_of(*member.op, {member.attributes, in, out});
  }
  return total;
}

int64_t direct_products(const ConvGeometry& g) {
  const auto taps_inside = [](const WindowAxis& axis) {
    int64_t inside = 0;
    for (int64_t tap = 0; tap < axis.kernel; ++tap) inside += axis.inside(tap).end - axis.inside(tap).begin;
    return inside;
  };
  return g.n * g.k * g.channels_per_group() * taps_inside(g.rows) * taps_inside(g.columns);
}

}  // namespace tacho::simd
