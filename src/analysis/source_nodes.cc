#include "analysis/source_nodes.h"

#include <algorithm>
#include <map>
#include <set>

#include "analysis/notation.h"
#include "op/op_def.h"

namespace tacho {
namespace {

bool is_index(std::string_view op) {
  for (const char* name : {"pad", "gather", "scatter_add", "im2col", "col2im"})
    if (op == name) return true;
  return false;
}

/// Whether `op` is the gradient of an operation with this trait, by its name ("relu_backward").
bool is_gradient_of(std::string_view op, Trait trait) {
  constexpr std::string_view kSuffix = "_backward";
  if (!op.ends_with(kSuffix)) return false;
  op.remove_suffix(kSuffix.size());
  for (const OpDef* other : all_ops())
    if (other->name == op) return other->has(trait);
  return false;
}

NodeKind kind_of(const OpDef& op, const SourceNode& node) {
  if (op.has(Trait::product)) return NodeKind::product;
  if (is_index(op.name)) return NodeKind::index;
  if (op.has(Trait::pooling)) return NodeKind::pooling;
  if (op.has(Trait::activation) || is_gradient_of(op.name, Trait::activation)) return NodeKind::activation;
  if (op.has(Trait::bias) || (node.gradient_of == "bias" && op.has(Trait::reduction))) return NodeKind::bias;
  if (op.has(Trait::update) || node.phase == Phase::update) return NodeKind::update;
  if (op.name.starts_with("batch_norm")) return NodeKind::normalization;
  if (op.has(Trait::loss) || node.layer == "loss") return NodeKind::loss;
  return NodeKind::other;
}

/// How a row calls an operation inside its layer.
std::string short_name(std::string_view op) {
  static const std::map<std::string_view, std::string> kShort = {
      {"gather", "phi"},         {"scatter_add", "phi"}, {"col2im", "im2col"},
      {"bias_add", "bias"},      {"max_pool2d", "pool"}, {"softmax_cross_entropy", "softmax"},
      {"squared_error", "error"}};
  std::string_view base = op;
  if (base.ends_with("_backward")) base.remove_suffix(9);
  const auto found = kShort.find(base);
  std::string text = found == kShort.end() ? std::string(base) : found->second;
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string short_parameter(const std::string& name) {
  if (name == "weight") return "W";
  return name == "bias" ? "b" : name;
}

/// "weight" of "conv2.weight".
std::string parameter_of(const std::string& variable) { return variable.substr(variable.rfind('.') + 1); }

class Describer {
 public:
  explicit Describer(const Graph& graph) : graph_(graph), nodes_(size_t(graph.node_count())) {}

  std::vector<SourceNode> run() {
    for (int n = 0; n < graph_.node_count(); ++n) count(n);
    find_blocks();
    find_gradients();
    find_products();
    for (SourceNode& node : nodes_) node.kind = kind_of(op(node), node);
    for (SourceNode& node : nodes_) {
      const auto layer = products_.find(node.layer);
      if (node.work > 0)
        node.notation = notation_of(graph_.node(node.node), graph_, node.big_o, node.count.mul,
                                    layer == products_.end() ? nullptr : &layer->second);
      name(node);
    }
    return std::move(nodes_);
  }

 private:
  const OpDef& op(const SourceNode& node) const { return *graph_.node(node.node).op; }

  void count(int n) {
    const GraphNode& from = graph_.node(n);
    SourceNode& node = nodes_[size_t(n)];
    TensorTypes inputs, outputs;
    for (Value input : from.inputs) inputs.push_back(input ? graph_.type(input) : TensorType{DType::boolean, {}});
    for (Value output : from.outputs) outputs.push_back(graph_.type(output));
    const OpCall call{from.attributes, inputs, outputs};
    const OpCount required = from.op->count(call);
    const Expr shown = from.op->has(Trait::product) ? required.mul : tacho::work(required);
    node.node = n;
    node.path = graph_.path(n);
    node.op = from.op->name;
    node.layer = from.place.layer;
    node.phase = from.place.phase;
    node.view = from.op->has(Trait::view);
    node.formula = to_string(shown);
    node.big_o = big_o(shown);
    node.count = evaluate(required, from.op->dimensions(call));
    node.work = tacho::work(node.count);
    node.flop = tacho::flop(node.count);
    if (!node.view) {
      std::set<int32_t> seen;
      for (Value input : from.inputs)
        if (input && seen.insert(input.id).second) node.bytes_read += bytes_of(input);
      for (Value output : from.outputs) node.bytes_written += bytes_of(output);
    }
    if (node.op == "max_pool2d") {
      const Bindings sizes = from.op->dimensions(call);
      const Expr bound = Expr::symbol("N") * Expr::symbol("C") * Expr::symbol("H") * Expr::symbol("W") *
                         Expr::symbol("KH") * Expr::symbol("KW");
      node.documents_bound = DocumentsBound{"O(l·h²·d'·a_conv·b_conv)", bound.evaluate(sizes)};
    }
  }

  int64_t bytes_of(Value value) const { return byte_count(graph_.type(value).shape, graph_.type(value).dtype); }

  /// A block begins with each layer that has a product; layers before the first one belong to it.
  void find_blocks() {
    std::vector<std::string> order;
    std::set<std::string> with_product, losses;
    for (const SourceNode& node : nodes_) {
      if (node.phase != Phase::forward) continue;
      if (std::find(order.begin(), order.end(), node.layer) == order.end()) order.push_back(node.layer);
      if (op(node).has(Trait::product)) with_product.insert(node.layer);
      if (op(node).has(Trait::loss)) losses.insert(node.layer);
    }
    const auto first = std::find_if(order.begin(), order.end(), [&](auto& layer) { return with_product.count(layer); });
    std::string current = first == order.end() ? "" : *first;
    std::map<std::string, std::string> block;
    for (const std::string& layer : order) {
      if (with_product.count(layer)) current = layer;
      block[layer] = losses.count(layer) || current.empty() ? layer : current;
    }
    for (SourceNode& node : nodes_) {
      const auto found = block.find(node.layer);
      node.block = found == block.end() ? node.layer : found->second;
    }
  }

  /// Follows the gradient input of each update back to the operation that gives it.
  void find_gradients() {
    std::map<int32_t, std::string> variable_of;  // next value -> variable
    for (const Graph::Commit& commit : graph_.commits()) variable_of[commit.next.id] = graph_.at(commit.variable).name;
    for (const SourceNode& node : nodes_) {
      const GraphNode& update = graph_.node(node.node);
      if (!update.op->has(Trait::update) || update.inputs.size() < 2) continue;
      const auto variable = variable_of.find(update.outputs[0].id);
      if (variable == variable_of.end()) continue;
      updated_[node.node] = parameter_of(variable->second);
      Value value = update.inputs[1];
      while (value && graph_.at(value).kind == ValueKind::node) {
        const int producer = graph_.at(value).producer;
        if (nodes_[size_t(producer)].phase == Phase::backward)
          nodes_[size_t(producer)].gradient_of = parameter_of(variable->second);
        if (!nodes_[size_t(producer)].view) break;
        value = graph_.node(producer).inputs[0];
      }
    }
  }

  /// Each layer's forward product, for the layers whose convolutions were lowered and for fully connected ones.
  void find_products() {
    std::set<std::string> windows;
    for (const SourceNode& node : nodes_) {
      if (node.phase != Phase::forward) continue;
      if (!node.view) forward_ops_[node.layer].insert(short_name(node.op));
      if (node.op == "gather" || node.op == "im2col") windows.insert(node.layer);
      if (node.op != "matmul") continue;
      ProductSizes sizes{windows.count(node.layer) > 0, node.count.mul, 1};
      const Shape& filters = graph_.type(graph_.node(node.node).inputs[0]).shape;
      if (sizes.windows && filters.size() == 3) sizes.groups = filters[0];
      products_.emplace(node.layer, sizes);
    }
  }

  bool lowered(const SourceNode& node) const {
    const auto found = products_.find(node.layer);
    return found != products_.end() && found->second.windows;
  }

  void name(SourceNode& node) const {
    const std::string what = short_name(node.op);
    node.suffix = "+" + (node.op == "bias_add" ? std::string("b") : what);
    if (node.phase == Phase::update) {
      const auto parameter = updated_.find(node.node);
      node.label = node.layer + " update " + (parameter == updated_.end() ? what : short_parameter(parameter->second));
      return;
    }
    if (!node.gradient_of.empty()) {
      node.label = node.layer + " grad " + short_parameter(node.gradient_of);
      return;
    }
    if (node.kind == NodeKind::product) {
      const bool backward = node.phase == Phase::backward;
      if (backward) node.label = node.layer + (lowered(node) ? " grad phi" : " grad Z");
      else node.label = node.layer + (lowered(node) ? " W phi" : "");
      return;
    }
    // A layer of one operation (relu1) is that operation.
    const auto ops = forward_ops_.find(node.layer);
    const bool alone = ops != forward_ops_.end() && ops->second == std::set<std::string>{what};
    node.label = node.layer;
    if (!alone && what != node.layer) node.label += " " + what;
    if (node.phase == Phase::backward) node.label += node.kind == NodeKind::index ? " adj" : " grad";
  }

  const Graph& graph_;
  std::vector<SourceNode> nodes_;
  std::map<std::string, ProductSizes> products_;
  std::map<std::string, std::set<std::string>> forward_ops_;
  std::map<int, std::string> updated_;
};

}  // namespace

const char* name_of(NodeKind kind) {
  static constexpr const char* kNames[] = {"product",       "index", "pooling", "activation", "bias",
                                           "normalization", "loss",  "update",  "other"};
  return kNames[size_t(kind)];
}

std::vector<SourceNode> describe(const Graph& source) { return Describer(source).run(); }

std::string describe_layer(const Graph& source, const std::string& layer) {
  const Value weight = source.find(layer + ".weight");
  if (!weight) return layer;
  const Shape& shape = source.type(weight).shape;
  if (shape.size() == 4) return text_of("conv ", shape[2], "x", shape[3], " ", shape[1], "→", shape[0]);
  if (shape.size() == 2) return text_of("linear ", shape[1], "→", shape[0]);
  return layer;
}

}  // namespace tacho
