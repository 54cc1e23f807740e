#include "graph/verify.h"
#include "ops/batch_norm.h"
#include "ops/bias_add.h"
#include "ops/reshape.h"
#include "passes/pipeline.h"

namespace tacho {
namespace {

constexpr const char* kName = "folded into the convolution";

/// A convolution, at most a bias and a normalisation, each read by the next alone.
struct Chain {
  int conv = -1, bias = -1, norm = -1;
};

bool is_variable(const Graph& graph, Value value) { return value && graph.at(value).kind == ValueKind::variable; }

/// The node of that operation which made a value that is read once; -1 where there is none.
int made_by(const Graph& graph, const std::vector<int>& uses, Value value, std::string_view op) {
  const GraphValue& v = graph.at(value);
  const bool made = v.kind == ValueKind::node && uses[size_t(value.id)] == 1 && graph.node(v.producer).op->name == op;
  return made ? v.producer : -1;
}

/// The chain that ends in `norm`, where all but the images stays as it is from step to step.
std::optional<Chain> chain_before(const Graph& graph, const std::vector<int>& uses, int norm) {
  const GraphNode& node = graph.node(norm);
  for (size_t i = 1; i < node.inputs.size(); ++i)
    if (!is_variable(graph, node.inputs[i])) return std::nullopt;
  Chain chain{-1, made_by(graph, uses, node.inputs[0], "bias_add"), norm};
  Value value = node.inputs[0];
  if (chain.bias >= 0) {
    const GraphNode& bias = graph.node(chain.bias);
    if (!is_variable(graph, bias.inputs[1]) || bias.attributes.as<BiasAddAttributes>().axis != 1) return std::nullopt;
    value = bias.inputs[0];
  }
  chain.conv = made_by(graph, uses, value, "conv2d");
  if (chain.conv < 0 || !is_variable(graph, graph.node(chain.conv).inputs[1])) return std::nullopt;
  return chain;
}

/// Writes the graph anew, chains as one convolution with other filters and a bias.
class Rewriter {
 public:
  Rewriter(const Graph& from, const std::vector<Chain>& chains) : from_(from), chain_of_(size_t(from.node_count())) {
    for (const Chain& chain : chains)
      for (int node : {chain.conv, chain.bias, chain.norm})
        if (node >= 0) chain_of_[size_t(node)] = &chain;
    values_.resize(size_t(from.value_count()));
  }

  Graph run() {
    for (int n = 0; n < from_.node_count(); ++n) {
      to_.set_place(from_.node(n).place);
      if (const Chain* chain = chain_of_[size_t(n)]) fold(*chain, n);
      else copy(n);
    }
    for (const Graph::Output& output : from_.outputs()) to_.output(output.name, in(output.value));
    to_.stand_for(std::nullopt);
    return std::move(to_);
  }

 private:
  Value in(Value value) {
    if (!value) return value;
    Value& known = values_[size_t(value.id)];
    if (known) return known;
    const GraphValue& v = from_.at(value);
    switch (v.kind) {
      case ValueKind::batch_input:
        return known = to_.input(v.name, v.type, InputKind::batch);
      case ValueKind::scalar_input:
        return known = to_.input(v.name, v.type, InputKind::scalar);
      case ValueKind::variable:
        return known = to_.variable(v.name, v.type);
      case ValueKind::constant:
        return known = v.is_splat ? to_.splat(v.type, v.splat) : to_.constant(v.constant);
      case ValueKind::node:
        break;
    }
    TACHO_CHECK(false, "a value that is read before it is made");
    return {};
  }

  int copy(int n, Values inputs = {}) {
    const GraphNode& node = from_.node(n);
    if (inputs.empty())
      for (Value input : node.inputs) inputs.push_back(in(input));
    to_.stand_for(from_.source(n));
    const Values outputs = to_.emit(*node.op, node.attributes, inputs);
    for (size_t i = 0; i < outputs.size(); ++i) values_[size_t(node.outputs[i].id)] = outputs[i];
    if (!node.alive()) to_.remove(to_.node_count() - 1, node.removed_by);
    return to_.node_count() - 1;
  }

  void fold(const Chain& chain, int n) {
    const GraphNode& norm = from_.node(chain.norm);
    if (n == chain.conv) {
      const GraphNode& conv = from_.node(n);
      copy(n, {in(conv.inputs[0]), scaled_filters(in(conv.inputs[1]), norm)});
    } else if (n == chain.bias) {
      // Its place in reports: the constant is in the folded bias.
      to_.remove(copy(n), kName);
      values_[size_t(from_.node(n).outputs[0].id)] = in(from_.node(n).inputs[0]);
    } else {
      const Value bias = folded_bias(chain.bias < 0 ? Value{} : in(from_.node(chain.bias).inputs[1]), norm);
      to_.stand_for(from_.source(n));
      values_[size_t(norm.outputs[0].id)] = bias_add(to_, in(norm.inputs[0]), bias);
    }
  }

  /// The normalisation itself, applied to the filters as one image of K channels, with nothing subtracted or added.
  Value scaled_filters(Value w, const GraphNode& norm) {
    to_.stand_for(-1);
    const TensorType type = to_.type(w);
    const Value zeros = to_.splat(to_.type(in(norm.inputs[1])), 0);
    const Value image = reshape(to_, w, {1, type.shape[0], type.shape[0] == 0 ? 0 : -1});
    const Value scaled = batch_norm(to_, image, in(norm.inputs[1]), zeros, zeros, in(norm.inputs[4]),
                                    norm.attributes.as<BatchNormAttributes>());
    return reshape(to_, scaled, {type.shape.begin(), type.shape.end()});
  }

  /// And to the convolution's bias, or to zeros.
  Value folded_bias(Value bias, const GraphNode& norm) {
    to_.stand_for(-1);
    const TensorType channels = to_.type(in(norm.inputs[1]));
    const Shape row{1, channels.shape[0]};
    const Value image = bias ? reshape(to_, bias, {1, channels.shape[0]}) : to_.splat({channels.dtype, row}, 0);
    const Value folded = batch_norm(to_, image, in(norm.inputs[1]), in(norm.inputs[2]), in(norm.inputs[3]),
                                    in(norm.inputs[4]), norm.attributes.as<BatchNormAttributes>());
    return reshape(to_, folded, {channels.shape[0]});
  }

  const Graph& from_;
  Graph to_;
  std::vector<const Chain*> chain_of_;
  std::vector<Value> values_;  ///< of the graph before: what it is in the new one
};

}  // namespace

int fold_normalization(Graph& graph) {
  if (!graph.commits().empty()) return 0;  // a step that trains
  const std::vector<int> uses = count_uses(graph);
  std::vector<Chain> chains;
  for (int n = 0; n < graph.node_count(); ++n)
    if (graph.node(n).alive() && graph.node(n).op->name == "batch_norm")
      if (const auto chain = chain_before(graph, uses, n)) chains.push_back(*chain);
  if (chains.empty()) return 0;
  graph = Rewriter(graph, chains).run();
  verify(graph);
  return int(chains.size());
}

}  // namespace tacho
