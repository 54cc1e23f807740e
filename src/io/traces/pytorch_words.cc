#include "io/traces/pytorch_words.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace tacho {
namespace {

/// Without "aten::" and the underscore of what works in place.
std::string plain_name(std::string_view name) {
  if (name.starts_with("aten::")) name.remove_prefix(6);
  while (name.size() > 1 && name.ends_with('_')) name.remove_suffix(1);
  return std::string(name);
}

Extents dims(const PyTorchCall& call, size_t index) {
  return index < call.inputs.size() ? call.inputs[index] : Extents{};
}

std::string concrete(const PyTorchCall& call, size_t index) {
  return index < call.concrete.size() ? call.concrete[index] : "";
}

/// Arguments `first`: stride, padding, dilation; `groups`: its place.
ConvolutionCall convolution_of(const PyTorchCall& call, size_t image, size_t filters, size_t first, size_t groups) {
  ConvolutionCall conv{dims(call, image), dims(call, filters)};
  conv.stride = parse_extents(concrete(call, first));
  conv.padding = parse_extents(concrete(call, first + 1));
  conv.dilation = parse_extents(concrete(call, first + 2));
  const std::string text = concrete(call, groups);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), conv.groups);
  conv.known = error == std::errc() && end == text.data() + text.size() && !text.empty() && !conv.stride.empty();
  return conv;
}

std::vector<ProfiledPart> convolution_forward(const PyTorchCall& call, const std::string& kind) {
  const bool full = kind == "convolution" || kind == "_convolution";  // transposed and output_padding stand between
  std::vector<ProfiledPart> parts = {
      convolution_part("conv2d", "forward", convolution_of(call, 0, 1, 3, full ? 8 : 6))};
  if (!dims(call, 2).empty()) parts.push_back(simple_part("bias_add", "forward"));
  return parts;
}

std::vector<ProfiledPart> convolution_backward(const PyTorchCall& call) {
  const ConvolutionCall conv = convolution_of(call, 1, 2, 4, 9);
  // Which gradients were wanted: images, filters, bias.
  const std::string mask = concrete(call, 10);
  std::vector<ProfiledPart> parts = {convolution_part("conv2d_backward_weights", "backward", conv)};
  if (!mask.starts_with("[False")) parts.push_back(convolution_part("conv2d_backward_data", "backward", conv));
  if (!mask.ends_with("False]")) parts.push_back(simple_part("sum", "backward", dims(call, 0)));
  return parts;
}

std::vector<ProfiledPart> batch_norm(const PyTorchCall& call, const std::string& phase) {
  const char* forward[] = {"batch_norm_statistics", "batch_norm"};
  const char* backward[] = {"batch_norm_backward_parameters", "batch_norm_backward_input",
                            "batch_norm_backward_statistics"};
  std::vector<ProfiledPart> parts;
  if (phase == "forward")
    for (const char* kind : forward) parts.push_back(simple_part(kind, phase, dims(call, 0)));
  else
    for (const char* kind : backward) parts.push_back(simple_part(kind, phase, dims(call, 0)));
  return parts;
}

/// PyTorch's word -> the catalogue's, where they differ and the first operand tells them apart.
const std::map<std::string, std::string>& renamed() {
  static const std::map<std::string, std::string> kNames = {
      {"clamp_min", "relu"},
      {"threshold_backward", "relu_backward"},
      {"max_pool2d_with_indices", "max_pool2d"},
      {"max_pool2d_with_indices_backward", "max_pool2d_backward"},
      {"_adaptive_avg_pool2d", "adaptive_avg_pool2d"},
      {"_adaptive_avg_pool2d_backward", "adaptive_avg_pool2d_backward"},
      {"_softmax", "softmax"},
      {"_softmax_backward_data", "softmax_backward"},
      {"cat", "concat"},
      {"native_dropout", "dropout"},
      {"layer_norm", "normalize_rows"},
      {"native_layer_norm", "normalize_rows"},
      {"native_layer_norm_backward", "normalize_rows_backward"},
      {"mse_loss", "squared_error"},
      {"mse_loss_backward", "squared_error_backward"},
      {"hardtanh", "clip"},
      {"hardtanh_backward", "clip_backward"},
      {"upsample_nearest2d", "resize2d"},
      {"upsample_bilinear2d", "resize2d"},
      {"upsample_nearest2d_backward", "resize2d_backward"},
      {"upsample_bilinear2d_backward", "resize2d_backward"},
  };
  return kNames;
}

bool is_autograd(std::string_view name) {
  if (name.starts_with("autograd::") || name.starts_with("torch::autograd::")) return true;
  // "ConvolutionBackward0", "MkldnnConvolutionBackward": a node of the graph, no operator.
  if (name.find("::") != std::string_view::npos) return false;
  while (!name.empty() && name.back() >= '0' && name.back() <= '9') name.remove_suffix(1);
  return name.ends_with("Backward");
}

}  // namespace

Extents parse_extents(std::string_view text) {
  if (!text.starts_with('[') || !text.ends_with(']')) return {};
  text = text.substr(1, text.size() - 2);
  Extents extents;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    int64_t value = 0;
    const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), value);
    if (error != std::errc() || end != item.data() + item.size() || extents.size() == 16) return {};
    extents.push_back(value);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return extents;
}

PyTorchRole role_of(std::string_view name, bool is_operation) {
  if (name.starts_with("Optimizer.")) return PyTorchRole::optimizer;
  if (name.starts_with("enumerate(DataLoader)")) return PyTorchRole::input;
  if (is_autograd(name)) return PyTorchRole::engine;
  if (!is_operation) return PyTorchRole::other;
  static const std::set<std::string, std::less<>> kBookkeeping = {"view",           "t",
                                                                  "transpose",      "permute",
                                                                  "as_strided",     "flatten",
                                                                  "unflatten",      "reshape",
                                                                  "detach",         "expand",
                                                                  "expand_as",      "empty",
                                                                  "empty_like",     "empty_strided",
                                                                  "resize",         "to",
                                                                  "contiguous",     "resolve_conj",
                                                                  "resolve_neg",    "alias",
                                                                  "select",         "slice",
                                                                  "narrow",         "unsqueeze",
                                                                  "squeeze",        "result_type",
                                                                  "item",           "_local_scalar_dense",
                                                                  "unsafe_view",    "_unsafe_view",
                                                                  "requires_grad",  "set",
                                                                  "new_empty",      "new_zeros",
                                                                  "zeros_like",     "zeros",
                                                                  "ones_like",      "ones",
                                                                  "_reshape_alias", "view_as",
                                                                  "chunk",          "unbind"};
  return kBookkeeping.count(plain_name(name)) ? PyTorchRole::bookkeeping : PyTorchRole::operation;
}

std::vector<ProfiledPart> parts_of(const PyTorchCall& call, const std::string& phase) {
  const std::string kind = plain_name(call.name);
  static const std::set<std::string> kConvolutions = {
      "conv2d",      "convolution",          "_convolution", "mkldnn_convolution",
      "thnn_conv2d", "_slow_conv2d_forward", "conv1d",       "conv3d"};
  if (kConvolutions.count(kind)) return convolution_forward(call, kind);
  if (kind == "convolution_backward") return convolution_backward(call);
  if (kind == "linear") {
    std::vector<ProfiledPart> parts = {product_part(phase, dims(call, 0), dims(call, 1), true)};
    if (!dims(call, 2).empty()) parts.push_back(simple_part("bias_add", phase));
    return parts;
  }
  if (kind == "addmm")
    return {product_part(phase, dims(call, 1), dims(call, 2), false), simple_part("bias_add", phase)};
  if (kind == "mm" || kind == "bmm" || kind == "matmul")
    return {product_part(phase, dims(call, 0), dims(call, 1), false)};
  if (kind == "batch_norm" || kind == "native_batch_norm" || kind == "_batch_norm_impl_index" ||
      kind == "native_batch_norm_backward" || kind == "batch_norm_backward")
    return batch_norm(call, phase);
  // One loss of ours is two functions there; the second takes the mean over the batch too.
  if (kind == "_log_softmax_backward_data" || kind.starts_with("nll_loss_backward"))
    return {simple_part("softmax_cross_entropy_backward", phase)};
  if (kind == "cross_entropy_loss" || kind == "log_softmax" || kind == "_log_softmax" || kind.starts_with("nll_loss"))
    return {simple_part("softmax_cross_entropy", phase), simple_part("mean", phase)};
  const auto known = renamed().find(kind);
  return {simple_part(known == renamed().end() ? kind : known->second, phase, dims(call, 0))};
}

}  // namespace tacho
