#include "analysis/notation.h"

#include <algorithm>
#include <map>
#include <vector>

#include "op/op_def.h"

namespace tacho {
namespace {

/// Letters in the order in which formulas list them, with their powers.
class Letters {
 public:
  void add(const std::string& letter, int power) {
    powers_[rank(letter)].first = letter, powers_[rank(letter)].second += power;
  }
  std::string text() const {
    std::string out;
    for (const auto& [order, letter] : powers_) {
      if (letter.second == 0) continue;
      // a and b always come together and read as one: the image.
      const bool joined = letter.first == "b" && !out.empty() && out.back() == 'a';
      out += (out.empty() || joined ? "" : "·") + letter.first;
      if (letter.second == 2) out += "²";
      else if (letter.second > 2) out += "^" + std::to_string(letter.second);
    }
    return out.empty() ? "1" : out;
  }

 private:
  static int rank(const std::string& letter) {
    static const std::vector<std::string> kOrder = {"l", "h", "w", "d", "d'", "a", "b"};
    return int(std::find(kOrder.begin(), kOrder.end(), letter) - kOrder.begin());
  }
  std::map<int, std::pair<std::string, int>> powers_;
};

using Alphabet = std::map<std::string, std::string>;

/// Symbols of operations on images: their channels are d where windows are cut from them, d' behind the product.
Alphabet image_alphabet(const char* channels) {
  return {{"N", "l"},  {"K", "d'"}, {"C", channels}, {"D", channels}, {"E", channels}, {"KH", "h"},
          {"KW", "h"}, {"OH", "a"}, {"OW", "b"},     {"H", "a"},      {"W", "b"}};
}

/// A parameter's own extents: out x in x height x width.
Alphabet parameter_alphabet(size_t rank) {
  if (rank == 4) return {{"N", "d'"}, {"C", "d"}, {"H", "h"}, {"W", "h"}};
  if (rank == 2) return {{"N", "d'"}, {"D", "d"}};
  return {{"E", "d'"}};
}

std::vector<std::string> split(const std::string& text, const std::string& by) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(by, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + by.size();
  }
  return parts;
}

/// One product of symbols; empty where a symbol has no letter.
std::string translate(const std::string& monomial, const Alphabet& alphabet) {
  if (monomial == "1") return "1";
  Letters letters;
  for (const std::string& factor : split(monomial, "*")) {
    const size_t power = factor.find('^');
    const auto found = alphabet.find(factor.substr(0, power));
    if (found == alphabet.end()) return "";
    letters.add(found->second, power == std::string::npos ? 1 : std::stoi(factor.substr(power + 1)));
  }
  return letters.text();
}

std::string translate_sum(const std::string& growth, const Alphabet& alphabet) {
  std::string text;
  for (const std::string& monomial : split(growth, " + ")) {
    const std::string part = translate(monomial, alphabet);
    if (part.empty()) return growth;
    text += (text.empty() ? "" : " + ") + part;
  }
  return text;
}

bool square_windows(const GraphNode& node, const Graph& graph) {
  TensorTypes inputs, outputs;
  for (Value input : node.inputs) inputs.push_back(input ? graph.type(input) : TensorType{DType::boolean, {}});
  for (Value output : node.outputs) outputs.push_back(graph.type(output));
  const Bindings sizes = node.op->dimensions({node.attributes, inputs, outputs});
  return sizes.get("KH") == sizes.get("KW");
}

}  // namespace

std::string notation_of(const GraphNode& node, const Graph& graph, const std::string& big_o, int64_t mul,
                        const ProductSizes* layer) {
  const std::string growth = big_o.substr(2, big_o.size() - 3);
  const std::string_view name = node.op->name;
  if (name == "matmul" && layer && mul == layer->work)
    return layer->windows ? (layer->groups > 1 ? "l·h²·d·d'·ab/g" : "l·h²·d·d'·ab") : "l·d·d'";
  if ((name == "gather" || name == "scatter_add") && layer && layer->windows && growth == "N*L") return "l·h²·d·ab";
  if (node.op->has(Trait::update))
    return translate_sum(growth, parameter_alphabet(graph.type(node.outputs[0]).shape.size()));
  const bool before_product = name == "pad" || name == "im2col" || name == "col2im" || name.starts_with("conv2d");
  Alphabet alphabet = image_alphabet(before_product ? "d" : "d'");
  if (graph.type(node.inputs[0]).shape.size() == 1) alphabet["E"] = "l";  // one number an example: the losses
  if (!square_windows(node, graph)) alphabet["KW"] = "w";
  return translate_sum(growth, alphabet);
}

}  // namespace tacho
