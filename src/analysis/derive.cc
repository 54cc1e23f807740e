#include "analysis/derive.h"

#include <algorithm>

#include "count/rewrite.h"
#include "op/op_def.h"

namespace tacho {
namespace {

/// The formulas of one operation in its layer's letters, beside what the counting scalar saw.
void derive_counts(const Graph& graph, const LayerLetters& layer, DerivedOperation& operation) {
  const GraphNode& node = graph.node(operation.node.node);
  TensorTypes inputs, outputs;
  for (const Value input : node.inputs) inputs.push_back(input ? graph.type(input) : TensorType{DType::boolean, {}});
  for (const Value output : node.outputs) outputs.push_back(graph.type(output));
  LetterFormula rewritten = rewrite_for(graph, operation.node, layer);
  operation.results = element_count(outputs[0].shape);
  const auto add = [&](const char* kind, const Expr& required, int64_t value, int64_t formula, int64_t counted) {
    // A kind that nobody asks for and nobody counted is no line; one that was counted against a formula of 0 is.
    if (value == 0 && formula == 0 && counted == 0) return;
    const Expr letters = decided_at(substitute(required, rewritten.letters), rewritten.sizes);
    TACHO_CHECK(letters.evaluate(rewritten.sizes) == value,
                "a formula changed its value in other letters: ", to_string(required), " and ", to_string(letters));
    operation.counts.push_back({kind, letters, value, formula, counted});
  };
  const CountedExecution& execution = operation.execution;
  for_each_kind(add, node.op->count({node.attributes, inputs, outputs}), operation.node.count, execution.formula,
                execution.counted);
  operation.sizes = std::move(rewritten.sizes);
}

/// Everything that is printed of a layer but its names: layers with the same text are printed once.
std::string content_of(const DerivedLayer& layer) {
  std::string text = layer.number > 0 ? "product;" : "none;";
  for (const LetterSize& size : layer.letters) text += text_of(size.letter, "=", size.size, ";");
  for (const DerivedOperation& operation : layer.operations) {
    text += text_of(operation.expression.text, ";", int(operation.node.phase), ";", operation.node.op, ";");
    for (const DerivedCount& c : operation.counts)
      text += text_of(c.kind, "=", to_string(c.formula), "=", c.value, "=", c.executed, ";");
  }
  return text;
}

void merge_alike(std::vector<DerivedLayer>& layers) {
  std::map<std::string, size_t> first;
  std::vector<DerivedLayer> kept;
  for (DerivedLayer& layer : layers) {
    const auto [found, is_new] = first.emplace(content_of(layer), kept.size());
    if (is_new) kept.push_back(std::move(layer));
    else kept[found->second].like.push_back(layer.name);
  }
  layers = std::move(kept);
}

/// More than these are too long to read one after another; then the largest ones are shown.
constexpr size_t kMostShown = 8, kLargestShown = 6;

void show_largest(std::vector<DerivedLayer>& layers) {
  const auto work = [](const DerivedLayer* layer) {
    int64_t sum = 0;
    for (const DerivedOperation& operation : layer->operations) sum += operation.node.work;
    return sum;
  };
  std::vector<DerivedLayer*> order;
  for (DerivedLayer& layer : layers) order.push_back(&layer);
  std::stable_sort(order.begin(), order.end(), [&](auto* a, auto* b) { return work(a) > work(b); });
  for (size_t i = 0; i < order.size(); ++i) order[i]->shown = i < kLargestShown;
}

bool is_called(const DerivedLayer& layer, const std::string& name) {
  const auto among = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return layer.name == name || among(layer.members) || among(layer.like);
}

}  // namespace

int64_t DerivedLayer::size_of_letter(const std::string& letter) const {
  for (const LetterSize& size : letters)
    if (size.letter == letter) return size.size;
  return 0;
}

void show_layers(Derivation& derivation, const std::string& which) {
  std::vector<DerivedLayer>& layers = derivation.layers;
  for (DerivedLayer& layer : layers) layer.shown = which.empty() || which == "all";
  if (which.empty() && layers.size() > kMostShown) show_largest(layers);
  if (which.empty() || which == "all") return;
  for (size_t begin = 0; begin <= which.size();) {
    const size_t end = std::min(which.find(',', begin), which.size());
    const std::string name = which.substr(begin, end - begin);
    const auto found =
        std::find_if(layers.begin(), layers.end(), [&](const DerivedLayer& layer) { return is_called(layer, name); });
    if (found == layers.end()) {
      std::string known;
      for (const DerivedLayer& layer : layers) known += (known.empty() ? "" : ", ") + layer.name;
      fail("--layers: ", derivation.network, " has no layer '", name, "'; it has: ", known);
    }
    found->shown = true;
    begin = end + 1;
  }
}

bool Derivation::holds() const {
  for (const DerivedLayer& layer : layers)
    for (const DerivedOperation& operation : layer.operations)
      if (!operation.execution.holds()) return false;
  return true;
}

Derivation derive(const DeriveInput& input) {
  Derivation result{input.network, input.network_argument, input.optimizer, input.convolution, input.batch,
                    input.dtype};
  const std::vector<SourceNode> nodes = describe(*input.source), whole = describe(*input.direct);
  std::map<std::string, size_t> place;
  std::map<std::string, LayerLetters> letters;
  int number = 0;
  for (const SourceNode& node : nodes) {
    if (node.view) continue;  // nothing is computed and nothing moves
    const std::string& block = node.block;
    if (place.emplace(block, result.layers.size()).second) {
      letters[block] = letters_of(*input.direct, whole, block, input.batch);
      DerivedLayer layer;
      layer.name = block;
      layer.description = describe_layer(*input.source, block);
      layer.letters = letters[block].sizes;
      if (letters[block].has("d")) layer.number = ++number;
      result.layers.push_back(std::move(layer));
    }
    DerivedLayer& layer = result.layers[place[block]];
    if (std::find(layer.members.begin(), layer.members.end(), node.layer) == layer.members.end())
      layer.members.push_back(node.layer);
    DerivedOperation operation{node, expression_of(*input.source, node, letters[block])};
    operation.execution = input.counted[size_t(node.node)];
    derive_counts(*input.source, letters[block], operation);
    layer.operations.push_back(std::move(operation));
  }
  merge_alike(result.layers);
  result.claims = check_claims(result.layers);
  return result;
}

}  // namespace tacho
