#include <string_view>

#include "passes/propose.h"

namespace tacho {
namespace {

/// The only reader of each value; -1 where there are several, or an output or commit reads it.
std::vector<int> only_readers(const Graph& graph) {
  const std::vector<int> uses = count_uses(graph);
  std::vector<int> reader(size_t(graph.value_count()), -1);
  for (int n = 0; n < graph.node_count(); ++n) {
    if (!graph.node(n).alive()) continue;
    for (Value input : graph.node(n).inputs)
      if (input && uses[size_t(input.id)] == 1) reader[size_t(input.id)] = n;
  }
  for (const Graph::Commit& c : graph.commits()) reader[size_t(c.next.id)] = -1;
  for (const Graph::Output& o : graph.outputs()) reader[size_t(o.value.id)] = -1;
  return reader;
}

/// An addition of two tensors of one type, neither of them the other: behind a product a residual connection, or where
/// gradients meet.
bool is_sum(const Graph& graph, const GraphNode& node) {
  return node.op->name == "add" && !(node.inputs[0] == node.inputs[1]) &&
         graph.type(node.inputs[0]) == graph.type(node.inputs[1]);
}

/// The gradient of an activation at `value`: dy and x, or dy and y, of one type.
bool is_gate(const Graph& graph, const GraphNode& node, Value value) {
  return node.op->has(Trait::elementwise) && std::string_view(node.op->name).ends_with("_backward") &&
         node.inputs.size() == 2 && node.inputs[0] == value && !(node.inputs[1] == value) &&
         graph.type(node.inputs[1]) == graph.type(value);
}

/// `value` times one number.
bool is_scale(const Graph& graph, const GraphNode& node, Value value) {
  if (node.op->name != "mul" || node.inputs[0] == node.inputs[1]) return false;
  const Value by = node.inputs[node.inputs[0] == value ? 1 : 0];
  return element_count(graph.type(by).shape) == 1 && graph.type(node.outputs[0]) == graph.type(value);
}

}  // namespace

std::vector<GroupProposal> propose_groups(const Graph& graph) {
  const std::vector<int> reader = only_readers(graph);
  std::vector<GroupProposal> proposals;
  std::vector<bool> taken(size_t(graph.node_count()));  // two products may meet in one sum: it belongs to the first
  for (int n = 0; n < graph.node_count(); ++n) {
    if (!graph.node(n).alive() || !graph.node(n).op->has(Trait::product)) continue;
    GroupProposal proposal{{n}};
    size_t useful = 1;  // members up to the last that is no reshape: a trailing reshape gains nothing
    // What convolutions take is fewer: gates and scales are proposed to products of matrices alone.
    const bool matrices = graph.node(n).op->name == "matmul";
    bool bias = false, sum = false, activation = false, scale = false;
    for (int at = n; graph.node(at).outputs.size() == 1;) {
      const Value value = graph.node(at).outputs[0];
      const int next = reader[size_t(value.id)];
      if (next < 0 || taken[size_t(next)]) break;
      const OpDef& op = *graph.node(next).op;
      if (is_sum(graph, graph.node(next)) && !sum && !activation) sum = true;
      else if (matrices && !scale && !bias && !sum && !activation && is_scale(graph, graph.node(next), value))
        scale = true;
      else if (graph.node(next).inputs[0] != value) break;
      else if (op.has(Trait::bias) && !bias && !sum && !activation) bias = true;
      else if (op.has(Trait::activation) && !activation) activation = true;
      else if (matrices && !activation && is_gate(graph, graph.node(next), value)) activation = true;
      else if (!op.has(Trait::view) && op.name != "max_pool2d") break;
      proposal.nodes.push_back(next);
      if (!op.has(Trait::view)) useful = proposal.nodes.size();
      at = next;  // a max pooling has two results and so ends the chain
    }
    proposal.nodes.resize(useful);
    for (int node : proposal.nodes) taken[size_t(node)] = true;
    if (proposal.nodes.size() > 1) proposals.push_back(std::move(proposal));
  }
  propose_normalization_groups(graph, reader, proposals);
  propose_gradient_groups(graph, reader, proposals);
  return proposals;
}

}  // namespace tacho
