#include "backends/onednn/convolution_problem.h"

#include "ops/conv2d_backward_data.h"
#include "ops/conv2d_backward_weights.h"

namespace tacho::onednn {
namespace {

Dims filter_dims(const ConvGeometry& g) {
  if (g.groups == 1) return {g.k, g.c, g.rows.kernel, g.columns.kernel};
  return {g.groups, g.filters_per_group(), g.channels_per_group(), g.rows.kernel, g.columns.kernel};
}

Desc any_layout(const Dims& dims) { return {dims, dnnl::memory::data_type::f32, Tag::any}; }

Desc images(const Shape& shape, std::optional<int64_t> block) {
  return block ? image_desc(shape, *block) : any_layout({shape.begin(), shape.end()});
}

}  // namespace

Desc ConvolutionProblem::plain_filters() const { return plain_desc(filter_dims(geometry)); }

Convolution ConvolutionProblem::described(std::optional<int64_t> x_block, std::optional<int64_t> y_block,
                                          const Desc& w) const {
  const ConvGeometry& g = geometry;
  return {{g.rows.stride, g.columns.stride},
          {g.rows.dilation, g.columns.dilation},
          {g.rows.before, g.columns.before},
          {g.rows.after, g.columns.after},
          images(g.image_shape(), x_block),
          w.get_size() > 0 ? w : any_layout(filter_dims(g)),
          bias ? plain_desc({g.k}) : Desc(),
          images(g.output_shape(), y_block),
          activation};
}

ConvolutionProblem convolution_problem_of(const Group& group) {
  const GroupMember& member = group.members[0];
  const TensorTypes in = group.input_types(member), out = group.output_types(member);
  if (member.op->name == "conv2d")
    return {conv_geometry(member.attributes.as<Conv2dAttributes>(), in[0].shape, in[1].shape)};
  if (member.op->name == "conv2d_backward_data")
    return {conv_geometry(member.attributes.as<Conv2dBackwardDataAttributes>().conv, out[0].shape, in[1].shape)};
  return {conv_geometry(member.attributes.as<Conv2dBackwardWeightsAttributes>().conv, in[1].shape, out[0].shape)};
}

std::variant<ChosenConvolution, Refusal> choose_convolution(
    const ConvolutionProblem& problem, MakeConvolution make,
    std::initializer_list<std::pair<std::optional<int64_t>, std::optional<int64_t>>> attempts) {
  std::string reason = "oneDNN has only its slow reference implementation";
  for (const auto& [x_block, y_block] : attempts) {
    try {
      MadeConvolution made = make(problem.described(x_block, y_block, Desc()));
      const auto x = block_of(made.x, problem.geometry.image_shape());
      const auto y = block_of(made.y, problem.geometry.output_shape());
      if (!x || !y || made.implementation.find("ref") != std::string::npos) continue;
      return ChosenConvolution{std::move(made), *x, *y};
    } catch (const dnnl::error& error) {
      reason = text_of("oneDNN: ", error.what());
    }
  }
  return Refusal{reason};
}

}  // namespace tacho::onednn
