#include "analysis/document_letters.h"

#include <algorithm>

#include "op/op_def.h"

namespace tacho {
namespace {

/// A product of letters that may stand for one symbol of an operation.
using Product = std::vector<std::string>;

struct Types {
  TensorTypes inputs, outputs;
};

Types types_of_node(const Graph& graph, const GraphNode& node) {
  Types types;
  for (const Value input : node.inputs)
    types.inputs.push_back(input ? graph.type(input) : TensorType{DType::boolean, {}});
  for (const Value output : node.outputs) types.outputs.push_back(graph.type(output));
  return types;
}

/// Fills in the letters of one layer from its forward product.
class LayerReader {
 public:
  LayerReader(LayerLetters& layer, int64_t batch) : layer_(layer), batch_(batch) { add("l", batch); }

  void product(const Graph& graph, const GraphNode& node) {
    const Types types = types_of_node(graph, node);
    const Bindings dims = node.op->dimensions({node.attributes, types.inputs, types.outputs});
    const Shape &x = types.inputs[0].shape, &w = types.inputs[1].shape, &y = types.outputs[0].shape;
    if (node.op->name == "matmul") {
      add("d", dims.get("k").value_or(0));
      add("d'", dims.get("n").value_or(0));
      return;
    }
    layer_.convolution = true;
    layer_.transposed = node.op->name == "conv2d_backward_data";
    if (batch_ > 0 && x[0] != batch_ && x[0] % batch_ == 0) add("t", x[0] / batch_);
    if (dims.get("G").value_or(1) != 1) add("g", *dims.get("G"));
    add("h", w[2]);
    if (w[3] != w[2]) add("w", w[3]);
    if (dims.get("SH").value_or(1) != 1) add("s", *dims.get("SH"));
    add("d", x[1]);
    add("d'", y[1]);
    add("a", x[2]);
    add("b", x[3]);
    add("a_conv", y[2]);
    add("b_conv", y[3]);
  }

  void pooling(const Graph& graph, const GraphNode& node) {
    const Types types = types_of_node(graph, node);
    const Bindings dims = node.op->dimensions({node.attributes, types.inputs, types.outputs});
    const Shape& y = types.outputs[0].shape;
    if (layer_.has("a'") || y.size() != 4) return;
    if (const auto width = dims.get("KH")) add("p", *width);
    add("a'", y[2]);
    add("b'", y[3]);
  }

  void add(const char* letter, int64_t size) {
    if (size > 0) layer_.sizes.push_back({letter, size});
  }

 private:
  LayerLetters& layer_;
  int64_t batch_;
};

/// Finds letters for the symbols of one operation: candidates in order, the first whose number fits is taken.
class Rewriter {
 public:
  Rewriter(const LayerLetters& layer, const Bindings& values) : layer_(layer), values_(values) {}

  void put(const std::string& symbol, const std::vector<Product>& candidates) {
    const auto value = values_.get(symbol);
    if (!value || result_.letters.count(symbol)) return;
    for (const Product& candidate : candidates)
      if (number_of(candidate) == *value) return take(symbol, candidate);
  }

  /// Several symbols together: a row fits or none of it is taken.
  void put_together(const std::vector<std::string>& symbols, const std::vector<std::vector<Product>>& rows) {
    for (const auto& row : rows) {
      bool fits = true;
      for (size_t i = 0; i < symbols.size(); ++i) fits &= values_.get(symbols[i]) == number_of(row[i]);
      if (!fits) continue;
      for (size_t i = 0; i < symbols.size(); ++i) take(symbols[i], row[i]);
      return;
    }
  }

  /// What has no letter keeps its name, but for names that are letters of something else.
  LetterFormula finish() {
    static const std::map<std::string, std::string> kTaken = {{"b", "batches"}, {"s", "terms"}};
    for (const auto& [symbol, value] : values_) {
      if (result_.letters.count(symbol)) continue;
      const auto taken = kTaken.find(symbol);
      const std::string name = taken == kTaken.end() ? symbol : taken->second;
      result_.letters.emplace(symbol, Expr::symbol(name));
      result_.sizes.set(name, value);
    }
    return std::move(result_);
  }

  /// -1 where the layer lacks one of the letters.
  int64_t number_of(const Product& product) const {
    int64_t number = 1;
    for (const std::string& letter : product) {
      if (!layer_.has(letter)) return -1;
      number *= layer_.at(letter);
    }
    return number;
  }

 private:
  void take(const std::string& symbol, const Product& letters) {
    Expr product = 1;
    for (const std::string& letter : letters) {
      product = product * Expr::symbol(letter);
      result_.sizes.set(letter, layer_.at(letter));
    }
    result_.letters.emplace(symbol, product);
  }

  const LayerLetters& layer_;
  const Bindings& values_;
  LetterFormula result_;
};

void put_convolution(Rewriter& r, const LayerLetters& layer) {
  const bool t = layer.transposed;
  r.put("N", {{"l"}, {"l", "t"}});
  r.put("K", {{t ? "d" : "d'"}});
  r.put("C", {{t ? "d'" : "d"}});
  r.put("G", {{"g"}});
  r.put("KH", {{"h"}});
  r.put("KW", {{layer.has("w") ? "w" : "h"}});
  r.put_together({"OH", "OW"}, {{{t ? "a" : "a_conv"}, {t ? "b" : "b_conv"}}});
  r.put_together({"H", "W"}, {{{t ? "a_conv" : "a"}, {t ? "b_conv" : "b"}}});
}

/// Of a product of matrices: windows as columns, or a fully connected layer.
void put_matrices(Rewriter& r, const LayerLetters& layer, const SourceNode& node) {
  std::vector<std::vector<Product>> forward, weights, data;
  const auto roles = [&](const Product& outputs, const Product& inputs, const Product& places) {
    forward.push_back({outputs, places, inputs});
    weights.push_back({outputs, inputs, places});
    weights.push_back({inputs, outputs, places});
    data.push_back({inputs, places, outputs});
  };
  if (layer.convolution) {
    const std::string width = layer.has("w") ? "w" : "h";
    const bool grouped = layer.has("g");
    roles({grouped ? "d'/g" : "d'"}, {"h", width, grouped ? "d/g" : "d"}, {"a_conv", "b_conv"});
    roles({grouped ? "d/g" : "d"}, {"h", width, grouped ? "d'/g" : "d'"}, {"a", "b"});
  } else {
    forward.push_back({{"l"}, {"d'"}, {"d"}});
    weights.push_back({{"d'"}, {"d"}, {"l"}});
    weights.push_back({{"d"}, {"d'"}, {"l"}});
    data.push_back({{"l"}, {"d"}, {"d'"}});
  }
  std::vector<std::vector<Product>> rows = node.phase == Phase::forward ? forward : weights;
  if (node.phase != Phase::forward && node.gradient_of.empty()) rows.insert(rows.begin(), data.begin(), data.end());
  for (const auto* others : {&forward, &weights, &data}) rows.insert(rows.end(), others->begin(), others->end());
  r.put_together({"m", "n", "k"}, rows);
  const std::vector<Product> images = {{"l"}, {"l", "t"}, {"l", "g"}, {"l", "t", "g"}, {"g"}};
  r.put("b", images);
  r.put("s", images);
}

/// A parameter's own extents: out x in/groups x height x width.
void put_parameter(Rewriter& r, const LayerLetters& layer) {
  const bool t = layer.transposed;
  r.put("N", {{t ? "d" : "d'"}, {"d'"}});
  r.put("C", {{"d"}, {"d/g"}, {t ? "d'" : "d"}, {"d'/g"}});
  r.put("D", {{"d"}});
  r.put("H", {{"h"}});
  r.put("W", {{layer.has("w") ? "w" : "h"}});
  r.put("L", {{"w"}, {"h"}});
  r.put("E", {{"d'"}, {"d"}, {"d'", "d", "h", layer.has("w") ? "w" : "h"}});
}

void put_pooling(Rewriter& r) {
  r.put("N", {{"l"}});
  r.put("C", {{"d'"}, {"d"}});
  r.put("KH", {{"p"}});
  r.put("KW", {{"p"}});
  r.put_together({"OH", "OW"}, {{{"a'"}, {"b'"}}});
  r.put_together({"H", "W"}, {{{"a_conv"}, {"b_conv"}}, {{"a'"}, {"b'"}}});
}

/// Everything that goes element by element, or sums elements.
void put_elements(Rewriter& r, bool before_product) {
  r.put("N", {{"l"}, {"l", "t"}});
  r.put("C", before_product ? std::vector<Product>{{"d"}, {"d'"}} : std::vector<Product>{{"d'"}, {"d"}});
  r.put("D", {{"d'"}, {"d"}});
  r.put("E", {{"l"}, {"d'"}, {"d"}});
  const std::vector<std::vector<Product>> behind = {{{"a_conv"}, {"b_conv"}}, {{"a'"}, {"b'"}}, {{"a"}, {"b"}}};
  const std::vector<std::vector<Product>> before = {{{"a"}, {"b"}}, {{"a_conv"}, {"b_conv"}}};
  r.put_together({"H", "W"}, before_product ? before : behind);
  r.put_together({"OH", "OW"}, behind);
  r.put("L", {{"b_conv"}, {"b"}});
}

}  // namespace

int64_t LayerLetters::at(const std::string& letter) const {
  const size_t slash = letter.find('/');
  if (slash != std::string::npos) {
    const int64_t whole = at(letter.substr(0, slash)), parts = at(letter.substr(slash + 1));
    return parts == 0 ? 0 : whole / parts;
  }
  for (const LetterSize& size : sizes)
    if (size.letter == letter) return size.size;
  return 0;
}

LayerLetters letters_of(const Graph& direct, const std::vector<SourceNode>& nodes, const std::string& block,
                        int64_t batch) {
  LayerLetters layer;
  LayerReader reader(layer, batch);
  const auto forward = [&](const SourceNode& node) { return node.block == block && node.phase == Phase::forward; };
  const auto product = std::find_if(nodes.begin(), nodes.end(), [&](const SourceNode& node) {
    return forward(node) && direct.node(node.node).op->has(Trait::product);
  });
  if (product != nodes.end()) reader.product(direct, direct.node(product->node));
  for (const SourceNode& node : nodes) {
    const GraphNode& from = direct.node(node.node);
    if (forward(node) && from.op->has(Trait::pooling)) reader.pooling(direct, from);
    if (product == nodes.end() && forward(node) && from.op->has(Trait::loss) && !layer.has("d'")) {
      const Shape& outputs = direct.type(from.inputs[0]).shape;
      if (outputs.size() == 2) reader.add("d'", outputs[1]);
    }
  }
  return layer;
}

LetterFormula rewrite_for(const Graph& graph, const SourceNode& node, const LayerLetters& layer) {
  const GraphNode& from = graph.node(node.node);
  const Types types = types_of_node(graph, from);
  const OpCall call{from.attributes, types.inputs, types.outputs};
  Bindings values = from.op->dimensions(call);
  const Bindings own = values;
  for_each_kind(
      [&](const char*, const Expr& formula) {
        for (const auto& [name, definition] : definitions(formula)) values.set(name, definition.evaluate(own));
      },
      from.op->count(call));
  Rewriter r(layer, values);
  const std::string_view op = from.op->name;
  const bool windows = op == "gather" || op == "scatter_add";
  if (op == "matmul") put_matrices(r, layer, node);
  else if (windows || op == "im2col" || op == "col2im" || op.starts_with("conv2d")) {
    put_convolution(r, layer);
    const std::string width = layer.has("w") ? "w" : "h";
    r.put("L", {{"h", width, "d", "a_conv", "b_conv"}, {"h", width, "d'", "a", "b"}});
  } else if (from.op->has(Trait::update)) put_parameter(r, layer);
  else if (from.op->has(Trait::pooling)) put_pooling(r);
  put_elements(r, op.starts_with("pad"));
  return r.finish();
}

}  // namespace tacho
