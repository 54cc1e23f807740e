// What an operation computes, as the documents write it; the backward ones are the derivatives of what they write.
#include <algorithm>
#include <map>

#include "analysis/document_letters.h"
#include "op/op_def.h"

namespace tacho {
namespace {

constexpr const char* kGradientS = "\\frac{\\partial\\xi}{\\partial S^{m,i}}";
constexpr const char* kGradientNext = "\\frac{\\partial\\xi}{\\partial Z^{m+1,i}}";

bool ends_with(std::string_view text, std::string_view end) { return text.ends_with(end); }

/// Whether a gradient of the activation is taken behind the pooling, as the documents' MATLAB form does.
bool is_pooled(const Graph& graph, const SourceNode& node, const LayerLetters& layer) {
  const Shape& shape = graph.type(graph.node(node.node).outputs[0]).shape;
  return layer.has("a'") && shape.size() == 4 && shape[2] == layer.at("a'") && shape[2] != layer.at("a_conv");
}

Expression forward_expression(const OpDef& op, const LayerLetters& layer) {
  const std::string_view name = op.name;
  if (name == "pad") return {"pad(Z)", "\\mathrm{pad}(Z^{m,i})", true};
  if (name == "gather" || name == "im2col") return {"φ(pad(Z))", "\\phi(\\mathrm{pad}(Z^{m,i}))", true};
  if (op.has(Trait::product)) {
    if (layer.transposed) return {"φᵀ(W Z)", "\\phi^{T}(W^{m} Z^{m,i})", false};
    if (layer.convolution) return {"W φ(pad(Z))", "W^{m}\\phi(\\mathrm{pad}(Z^{m,i}))", true};
    return {"W Z", "W^{m} Z^{m,i}", true};
  }
  if (op.has(Trait::bias)) return {"+ b 1ᵀ", "{} + b^{m}\\mathbf{1}^{T}", true};
  if (op.has(Trait::activation)) return {"σ(S)", "\\sigma(S^{m,i})", true};
  if (op.has(Trait::pooling))
    return {"P_pool vec(σ(S))", "P^{m,i}_{\\mathrm{pool}}\\mathrm{vec}(\\sigma(S^{m,i}))", true};
  return {};
}

Expression product_gradient(const SourceNode& node, const GraphNode& from, const LayerLetters& layer) {
  const std::string s = kGradientS;
  const bool of_weights = node.gradient_of == "weight" || from.op->name == "conv2d_backward_weights";
  if (layer.transposed) return {};
  if (of_weights && layer.convolution)
    return {"∂W = Σ ∂S φ(·)ᵀ",
            "\\frac{\\partial\\xi}{\\partial W^{m}} = \\sum_{i} " + s + "\\,\\phi(\\mathrm{pad}(Z^{m,i}))^{T}", true};
  if (of_weights)
    return {"∂W = Σ ∂S Zᵀ", "\\frac{\\partial\\xi}{\\partial W^{m}} = \\sum_{i} " + s + "\\,(Z^{m,i})^{T}", true};
  if (from.op->name == "conv2d_backward_data")
    return {"P_padᵀ P_φᵀ(Wᵀ ∂S)",
            "P_{\\mathrm{pad}}^{T} P_{\\phi}^{T}\\,\\mathrm{vec}\\bigl((W^{m})^{T}" + s + "\\bigr)", true};
  return {layer.convolution ? "Wᵀ ∂S" : "∂Z = Wᵀ ∂S", "(W^{m})^{T}" + s, true};
}

Expression backward_expression(const Graph& graph, const SourceNode& node, const LayerLetters& layer) {
  const GraphNode& from = graph.node(node.node);
  const std::string_view name = from.op->name;
  const std::string s = kGradientS, next = kGradientNext;
  if (from.op->has(Trait::product)) return product_gradient(node, from, layer);
  if (name == "scatter_add" || name == "col2im")
    return {"P_φᵀ vec(Wᵀ ∂S)", "P_{\\phi}^{T}\\,\\mathrm{vec}\\bigl((W^{m})^{T}" + s + "\\bigr)", true};
  if (name == "gather" || name == "im2col") return {"φ(·)", "\\phi(\\cdot)", true};
  if (name.starts_with("pad")) return {"∂Z = P_padᵀ(·)", "P_{\\mathrm{pad}}^{T}(\\cdot)", true};
  if (node.kind == NodeKind::bias)
    return {"∂b = Σ ∂S 1", "\\frac{\\partial\\xi}{\\partial b^{m}} = \\sum_{i} " + s + "\\,\\mathbf{1}", true};
  if (node.kind == NodeKind::pooling && ends_with(name, "_backward"))
    return {"P_poolᵀ vec(∂Z')", "(P^{m,i}_{\\mathrm{pool}})^{T}\\,\\mathrm{vec}\\Bigl(" + next + "\\Bigr)", true};
  if (node.kind == NodeKind::activation && is_pooled(graph, node, layer))
    return {"∂Z' ∘ I[Z' > 0]", next + " \\circ I[Z^{m+1,i}]", true};
  if (node.kind == NodeKind::activation)
    return {"∂S = ∂σ(S) ∘ σ'(S)", "\\frac{\\partial\\xi}{\\partial\\sigma(S^{m,i})} \\circ \\sigma'(S^{m,i})", true};
  return {};
}

/// Of an operation that the documents do not write down: its name inside the layer.
Expression named_expression(const SourceNode& node) {
  std::string text = node.label;
  if (text.starts_with(node.layer + " ")) text = text.substr(node.layer.size() + 1);
  if (text == node.layer) {  // a layer of one operation
    text = node.op;
    std::replace(text.begin(), text.end(), '_', ' ');
  }
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("_#$%&{}").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return {text, "\\text{" + escaped + "}", false};
}

}  // namespace

Expression expression_of(const Graph& graph, const SourceNode& node, const LayerLetters& layer) {
  Expression found;
  const OpDef& op = *graph.node(node.node).op;
  if (node.layer != "loss" && node.phase == Phase::forward) found = forward_expression(op, layer);
  if (node.layer != "loss" && node.phase == Phase::backward) found = backward_expression(graph, node, layer);
  return found.text.empty() ? named_expression(node) : found;
}

std::string latex_of_letter(const std::string& letter) {
  static const std::map<std::string, std::string> kLatex = {{"l", "l"},
                                                            {"t", "t"},
                                                            {"g", "g"},
                                                            {"h", "h^{m}"},
                                                            {"w", "w^{m}"},
                                                            {"s", "s^{m}"},
                                                            {"d", "d^{m}"},
                                                            {"d'", "d^{m+1}"},
                                                            {"a", "a^{m}"},
                                                            {"b", "b^{m}"},
                                                            {"a_conv", "a^{m}_{\\mathrm{conv}}"},
                                                            {"b_conv", "b^{m}_{\\mathrm{conv}}"},
                                                            {"p", "p^{m}"},
                                                            {"a'", "a^{m+1}"},
                                                            {"b'", "b^{m+1}"}};
  const size_t slash = letter.find('/');
  if (slash != std::string::npos)
    return "(" + latex_of_letter(letter.substr(0, slash)) + "/" + latex_of_letter(letter.substr(slash + 1)) + ")";
  const auto found = kLatex.find(letter);
  return found == kLatex.end() ? "\\mathit{" + letter + "}" : found->second;
}

std::string meaning_of_letter(const std::string& letter) {
  static const std::map<std::string, std::string> kMeaning = {{"l", "images"},
                                                              {"t", "output planes of a volume"},
                                                              {"g", "groups"},
                                                              {"h", "filter height and width"},
                                                              {"w", "filter width where it is not the height"},
                                                              {"s", "stride"},
                                                              {"d", "channels read"},
                                                              {"d'", "channels written"},
                                                              {"a", "height of the image read"},
                                                              {"b", "width of the image read"},
                                                              {"a_conv", "height of the convolution's output"},
                                                              {"b_conv", "width of the convolution's output"},
                                                              {"p", "pooling width"},
                                                              {"a'", "height behind the pooling"},
                                                              {"b'", "width behind the pooling"}};
  const auto found = kMeaning.find(letter);
  return found == kMeaning.end() ? "" : found->second;
}

}  // namespace tacho
