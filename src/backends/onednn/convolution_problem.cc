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

/// The same memory with the axes of filters and channels exchanged.
Desc exchanged(const Desc& filters, bool grouped) {
  std::vector<int> axes{0, 1, 2, 3};
  if (grouped) axes.push_back(4);
  std::swap(axes[grouped], axes[grouped + 1]);
  return filters.permute_axes(axes);
}

Desc any_filters(const ConvGeometry& g, bool transposed) {
  Dims dims = filter_dims(g);
  if (transposed) std::swap(dims[g.groups > 1], dims[(g.groups > 1) + 1]);
  return any_layout(dims);
}

Desc images(const Shape& shape, std::optional<int64_t> block, bool last) {
  return block ? image_desc(shape, *block, DType::float32, last) : any_layout({shape.begin(), shape.end()});
}

}  // namespace

Desc ConvolutionProblem::plain_filters() const {
  const Desc plain = plain_desc(filter_dims(geometry));
  return transposed ? exchanged(plain, geometry.groups > 1) : plain;
}

Convolution ConvolutionProblem::described(const BlockPair& blocks, const Desc& w, bool last) const {
  const ConvGeometry& g = geometry;
  return {{g.rows.stride, g.columns.stride},
          {g.rows.dilation, g.columns.dilation},
          {g.rows.before, g.columns.before},
          {g.rows.after, g.columns.after},
          images(g.image_shape(), blocks.x, last),
          w.get_size() > 0 ? w : any_filters(g, transposed),
          bias ? plain_desc({transposed ? g.c : g.k}) : Desc(),
          images(g.output_shape(), blocks.y, last),
          activation,
          term};
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

BlockChoice blocks_to_try(const GroupOperand& x, const GroupOperand& y, ImageLayout wanted, bool x_plain,
                          bool y_plain) {
  using Block = std::optional<int64_t>;
  const int64_t x_channels = x.type.shape[1], y_channels = y.type.shape[1];
  BlockChoice choice;
  choice.blocks = may_block(x, 0) && may_block(y, 0) && wanted != ImageLayout::nhwc && wanted != ImageLayout::nchw;
  choice.channels_last = may_block(x, x_channels) && may_block(y, y_channels) && wanted != ImageLayout::blocked &&
                         wanted != ImageLayout::nchw && !x_plain && !y_plain;
  const auto as_it_comes = [&](const GroupOperand& operand, bool plain) {
    if (plain) return Block(0);
    const int64_t block = arriving_block(operand), channels = operand.type.shape[1];
    return block && choice.allows(block, channels) ? Block(block) : preferred_block(channels);
  };
  const auto came_last = [](const GroupOperand& operand) {
    return operand.layout.is_channels_last() && operand.type.shape[1] != preferred_block(operand.type.shape[1]);
  };
  if (choice.channels_last && (!choice.blocks || came_last(x) || came_last(y)))
    choice.pairs.push_back({x_channels, y_channels});
  if (choice.blocks) {
    const Block x_comes = as_it_comes(x, x_plain), y_comes = as_it_comes(y, y_plain);
    const Block x_any = x_plain ? Block(0) : Block(), y_any = y_plain ? Block(0) : Block();
    for (const BlockPair& pair : {BlockPair{x_comes, y_comes}, BlockPair{0, y_comes}, BlockPair{x_comes, y_any},
                                  BlockPair{x_any, y_comes}, BlockPair{x_any, y_any}})
      choice.pairs.push_back(pair);
  }
  choice.pairs.push_back({0, 0});
  return choice;
}

std::variant<ChosenConvolution, Refusal> choose_convolution(const ConvolutionProblem& problem, MakeConvolution make,
                                                            const BlockChoice& choice) {
  std::string reason = "oneDNN has only its slow reference implementation";
  for (const BlockPair& pair : choice.pairs)
    for (bool last : {false, true}) {
      // The second time only where it says something else.
      const auto one_block = [](std::optional<int64_t> block, int64_t channels) {
        return block && *block == channels && channels <= 16;
      };
      if (last && !one_block(pair.x, problem.geometry.c) && !one_block(pair.y, problem.geometry.k)) continue;
      try {
        MadeConvolution made = make(problem.described(pair, Desc(), last));
        const auto x = block_of(made.x, problem.geometry.image_shape());
        const auto y = block_of(made.y, problem.geometry.output_shape());
        if (!x || !y || made.implementation.find("ref") != std::string::npos) continue;
        if (choice.allows(*x, problem.geometry.c) && choice.allows(*y, problem.geometry.k))
          return ChosenConvolution{std::move(made), *x, *y, last};
      } catch (const dnnl::error& error) {
        reason = text_of("oneDNN: ", error.what());
      }
    }
  return Refusal{reason};
}

MadeConvolution make_for_images(int64_t n, ConvolutionProblem problem, MakeConvolution make,
                                const ChosenConvolution& chosen) {
  problem.geometry.n = n;
  return make(problem.described({chosen.x_block, chosen.y_block}, chosen.made.w, chosen.last));
}

}  // namespace tacho::onednn
