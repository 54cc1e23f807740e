// One operation of each element: activations and their gradients, functions, operations of two tensors.
#include "backends/onednn/chain.h"
#include "backends/onednn/layouts.h"
#include "backends/onednn/offers.h"
#include "backends/onednn/one_call.h"
#include "ops/bias_add.h"
#include "ops/clip.h"
#include "ops/elu.h"
#include "ops/elu_backward.h"
#include "ops/gelu.h"
#include "ops/leaky_relu.h"
#include "ops/softplus.h"

namespace tacho::onednn {
namespace {

using Algorithm = dnnl::algorithm;

/// oneDNN's function with its numbers, or why there is none.
struct Function {
  Algorithm algorithm = Algorithm::undef;
  float alpha = 0, beta = 0;
  std::string refusal;
};

Function gelu_of(const GroupMember& member) {
  const bool by_tanh = member.attributes.as<GeluAttributes>().approximate == "tanh";
  return {by_tanh ? Algorithm::eltwise_gelu_tanh : Algorithm::eltwise_gelu_erf};
}
Function relu_of(const GroupMember& member) {
  return {Algorithm::eltwise_relu, float(member.attributes.as<LeakyReluAttributes>().alpha)};
}
Function elu_backward_of(const GroupMember& member) {
  const auto& a = member.attributes.as<EluBackwardAttributes>();
  if (a.gamma != 1) return {.refusal = "oneDNN knows no elu with a scale"};
  return {Algorithm::eltwise_elu_use_dst_for_bwd, float(a.alpha)};
}
Function softplus_of(const GroupMember& member) {
  if (member.attributes.as<SoftplusAttributes>().beta != 1) return {.refusal = "softplus with another beta than 1"};
  return {Algorithm::eltwise_soft_relu, 1};
}
Function clip_of(const GroupMember& member) {
  const auto& a = member.attributes.as<ClipAttributes>();
  return {Algorithm::eltwise_clip, float(a.low), float(a.high)};
}
template <Algorithm kAlgorithm>
Function plain(const GroupMember&) {
  return {kAlgorithm};
}

struct Row {
  std::string_view op;
  Function (*function)(const GroupMember&);
};

constexpr Row kForward[] = {
    {"relu", plain<Algorithm::eltwise_relu>},
    {"leaky_relu", relu_of},
    {"elu",
     [](const GroupMember& m) {
       return Function{Algorithm::eltwise_elu, float(m.attributes.as<EluAttributes>().alpha)};
     }},
    {"gelu", gelu_of},
    {"silu",
     [](const GroupMember&) {
       return Function{Algorithm::eltwise_swish, 1};
     }},
    {"softplus", softplus_of},
    {"hardswish",
     [](const GroupMember&) {
       return Function{Algorithm::eltwise_hardswish, 1.0f / 6, 0.5f};
     }},
    {"clip", clip_of},
    {"sigmoid", plain<Algorithm::eltwise_logistic>},
    {"tanh", plain<Algorithm::eltwise_tanh>},
    {"exp", plain<Algorithm::eltwise_exp>},
    {"log", plain<Algorithm::eltwise_log>},
    {"sqrt", plain<Algorithm::eltwise_sqrt>},
    {"rsqrt",
     [](const GroupMember&) {
       return Function{Algorithm::eltwise_pow, 1, -0.5f};
     }},
    {"abs", plain<Algorithm::eltwise_abs>},
    {"neg",
     [](const GroupMember&) {
       return Function{Algorithm::eltwise_linear, -1};
     }},
};
constexpr Row kBackward[] = {
    {"relu_backward", plain<Algorithm::eltwise_relu_use_dst_for_bwd>},
    {"leaky_relu_backward", relu_of},
    {"elu_backward", elu_backward_of},
    {"gelu_backward", gelu_of},
    {"silu_backward",
     [](const GroupMember&) {
       return Function{Algorithm::eltwise_swish, 1};
     }},
    {"hardswish_backward",
     [](const GroupMember&) {
       return Function{Algorithm::eltwise_hardswish, 1.0f / 6, 0.5f};
     }},
    {"sigmoid_backward", plain<Algorithm::eltwise_logistic_use_dst_for_bwd>},
    {"tanh_backward", plain<Algorithm::eltwise_tanh_use_dst_for_bwd>},
};

template <size_t n>
const Row* row_of(const Row (&rows)[n], std::string_view op) {
  for (const Row& row : rows)
    if (row.op == op) return &row;
  return nullptr;
}

const std::pair<std::string_view, Algorithm> kOfTwo[] = {
    {"add", Algorithm::binary_add},       {"sub", Algorithm::binary_sub},          {"mul", Algorithm::binary_mul},
    {"div", Algorithm::binary_div},       {"minimum", Algorithm::binary_min},      {"maximum", Algorithm::binary_max},
    {"greater", Algorithm::binary_gt},    {"greater_equal", Algorithm::binary_ge}, {"less", Algorithm::binary_lt},
    {"less_equal", Algorithm::binary_le}, {"equal", Algorithm::binary_eq},         {"not_equal", Algorithm::binary_ne},
    {"bias_add", Algorithm::binary_add},
};
const Algorithm* of_two(std::string_view op) {
  for (const auto& [name, algorithm] : kOfTwo)
    if (name == op) return &algorithm;
  return nullptr;
}

/// `shape` as one of the rank of `whole`, to which it broadcasts: behind axes of extent 1, or along one `axis`.
Shape spread(const Shape& shape, const Shape& whole, int64_t axis) {
  Shape result(whole.size(), 1);
  const size_t first = axis < 0 ? whole.size() - shape.size() : size_t(axis);
  for (size_t i = 0; i < shape.size(); ++i) result[first + i] = shape[i];
  if (result.empty()) result.push_back(1);
  return result;
}

}  // namespace

bool is_eltwise(std::string_view op) { return row_of(kForward, op) || row_of(kBackward, op); }
bool is_binary(std::string_view op) { return of_two(op) != nullptr; }

OfferResult offer_eltwise(const Group& group, const OfferContext& context) {
  if (std::string reason = plain_objection(group); !reason.empty()) return Refusal{reason};
  const GroupMember& member = group.members[0];
  const Row* forward = row_of(kForward, member.op->name);
  const Function function = (forward ? forward : row_of(kBackward, member.op->name))->function(member);
  if (!function.refusal.empty()) return Refusal{function.refusal};
  const ImageBlocks blocks = arriving_blocks(group.operands[size_t(member.inputs.back())], context);
  CallRecipe recipe;
  for (size_t i = 0; i < member.inputs.size(); ++i) recipe.operands.push_back(input_place(group, i));
  recipe.operands.push_back(output_place(group, 0));
  recipe.make = [function, blocks, backward = !forward](const CallShapes& shapes) {
    const Desc desc = elements_desc(shapes.outputs[0], blocks);
    return backward ? make_eltwise_backward(function.algorithm, function.alpha, function.beta, desc)
                    : make_eltwise(function.algorithm, function.alpha, function.beta, desc);
  };
  return offer_call(group, std::move(recipe), blocks, true);
}

OfferResult offer_binary(const Group& group, const OfferContext& context) {
  if (std::string reason = plain_objection(group); !reason.empty()) return Refusal{reason};
  const GroupMember& member = group.members[0];
  const Algorithm algorithm = *of_two(member.op->name);
  const TensorTypes in = group.input_types(member), out = group.output_types(member);
  const bool alike = in[0].shape == in[1].shape;
  const int64_t bias_axis = member.op->name == "bias_add"
                                ? normalize_axis(member.attributes.as<BiasAddAttributes>().axis, in[0].shape.size())
                                : -1;
  if (out[0].shape.size() > 5) return Refusal{"more than five axes"};
  ImageBlocks blocks = arriving_blocks(group.operands[size_t(member.inputs[0])], context);
  // A tensor that broadcasts along the channels does not lie in their blocks; booleans lie row-major.
  if (out[0].dtype != DType::float32 || (!alike && !blocks.last && bias_axis < 0)) blocks = {};
  if (!alike && blocks.last && bias_axis < 0 && in[1].shape.size() < 4 && element_count(in[1].shape) > 1) blocks = {};
  if (in[0].shape != out[0].shape && blocks.block) blocks = {};
  CallRecipe recipe;
  recipe.operands = {input_place(group, 0), input_place(group, 1), output_place(group, 0)};
  const size_t a = recipe.operands[0].at, b = recipe.operands[1].at;
  recipe.make = [=, boolean = out[0].dtype != DType::float32](const CallShapes& shapes) {
    const Shape& whole = shapes.outputs[0];
    if (alike && !boolean) {
      const Desc desc = elements_desc(whole, blocks);
      return make_binary(algorithm, desc, desc, desc);
    }
    Shape of_c = whole;
    if (of_c.empty()) of_c.push_back(1);
    const Desc c =
        boolean ? plain_desc({of_c.begin(), of_c.end()}, dnnl::memory::data_type::u8) : desc_of(of_c, blocks);
    return make_binary(algorithm, desc_of(spread(shapes.inputs[a], whole, -1), blocks),
                       desc_of(spread(shapes.inputs[b], whole, bias_axis), blocks), c);
  };
  return offer_call(group, std::move(recipe), blocks, in[0] == out[0]);
}

}  // namespace tacho::onednn
