#include "backends/simd/elementwise_call.h"

#include <algorithm>

#include "backends/simd/kernels.h"
#include "ops/clip.h"
#include "ops/elu.h"
#include "ops/elu_backward.h"
#include "ops/gelu_terms.h"
#include "ops/leaky_relu.h"
#include "ops/selu.h"
#include "ops/softplus.h"

namespace tacho::simd {
namespace {

template <Elementwise kFunction>
ElementwiseCall plain(const Attributes&) {
  return {kFunction};
}
template <Elementwise kFunction, class A>
ElementwiseCall sloped(const Attributes& attributes) {
  return {kFunction, {attributes.as<A>().alpha}};
}
ElementwiseCall clip_of(const Attributes& attributes) {
  const auto& a = attributes.as<ClipAttributes>();
  return {Elementwise::clip, {a.low, a.high}};
}
ElementwiseCall clip_backward_of(const Attributes& attributes) {
  const auto& a = attributes.as<ClipAttributes>();
  return {a.open ? Elementwise::clip_backward_open : Elementwise::clip_backward, {a.low, a.high}};
}
template <Elementwise kByErf, Elementwise kByTanh>
ElementwiseCall gelu_of(const Attributes& attributes) {
  return {gelu_by_tanh(attributes) ? kByTanh : kByErf};
}
ElementwiseCall elu_of(const Attributes& attributes) {
  return {Elementwise::elu, {1, attributes.as<EluAttributes>().alpha}};
}
ElementwiseCall selu_of(const Attributes& attributes) {
  const auto& a = attributes.as<SeluAttributes>();
  return {Elementwise::elu, {a.gamma, a.gamma * a.alpha}};
}
ElementwiseCall elu_backward_of(const Attributes& attributes) {
  const auto& a = attributes.as<EluBackwardAttributes>();
  return {Elementwise::elu_backward, {a.gamma, a.gamma * a.alpha}};
}
ElementwiseCall softplus_of(const Attributes& attributes) {
  return {Elementwise::softplus, {attributes.as<SoftplusAttributes>().beta}};
}

struct Row {
  std::string_view op;
  ElementwiseCall (*call)(const Attributes&);
};

using E = Elementwise;
constexpr Row kRows[] = {
    {"relu", plain<E::relu>},
    {"leaky_relu", sloped<E::leaky_relu, LeakyReluAttributes>},
    {"elu", elu_of},
    {"selu", selu_of},
    {"gelu", gelu_of<E::gelu, E::gelu_tanh>},
    {"silu", plain<E::silu>},
    {"softplus", softplus_of},
    {"hardswish", plain<E::hardswish>},
    {"sigmoid", plain<E::sigmoid>},
    {"tanh", plain<E::tanh>},
    {"clip", clip_of},
    {"exp", plain<E::exp>},
    {"log", plain<E::log>},
    {"sqrt", plain<E::sqrt>},
    {"rsqrt", plain<E::rsqrt>},
    {"abs", plain<E::abs>},
    {"neg", plain<E::neg>},
    {"sign", plain<E::sign>},
    {"relu_backward", plain<E::relu_backward>},
    {"leaky_relu_backward", sloped<E::leaky_relu_backward, LeakyReluAttributes>},
    {"elu_backward", elu_backward_of},
    {"gelu_backward", gelu_of<E::gelu_backward, E::gelu_tanh_backward>},
    {"silu_backward", plain<E::silu_backward>},
    {"hardswish_backward", plain<E::hardswish_backward>},
    {"sigmoid_backward", plain<E::sigmoid_backward>},
    {"tanh_backward", plain<E::tanh_backward>},
    {"clip_backward", clip_backward_of},
    {"add", plain<E::add>},
    {"sub", plain<E::sub>},
    {"mul", plain<E::mul>},
    {"div", plain<E::div>},
    {"minimum", plain<E::minimum>},
    {"maximum", plain<E::maximum>},
    {"bias_add", plain<E::add>},
};

}  // namespace

std::optional<ElementwiseCall> elementwise_call_of(std::string_view op, const Attributes& attributes) {
  for (const Row& row : kRows)
    if (row.op == op) return row.call(attributes);
  return std::nullopt;
}

bool is_elementwise(std::string_view op) {
  return std::any_of(std::begin(kRows), std::end(kRows), [&](const Row& row) { return row.op == op; });
}

}  // namespace tacho::simd
