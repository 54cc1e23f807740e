#include "graph/print.h"

namespace tacho {
namespace {

std::string label(const Graph& graph, Value value) {
  if (!value) return "-";
  const GraphValue& v = graph.at(value);
  std::string text = "%" + std::to_string(value.id);
  if (!v.name.empty()) text += " " + v.name;
  if (v.kind == ValueKind::constant) text += v.is_splat ? " splat " + text_of(v.splat) : " constant";
  return text;
}

std::string list(const Graph& graph, const Values& values) {
  std::string text;
  for (Value value : values) text += (text.empty() ? "" : ", ") + label(graph, value);
  return text;
}

const char* colour(Phase phase) {
  switch (phase) {
    case Phase::forward:
      return "#cfe8ff";
    case Phase::backward:
      return "#ffe0c2";
    case Phase::update:
      return "#d9f2d0";
    case Phase::none:
      return "#eeeeee";
  }
  return "#eeeeee";
}

}  // namespace

std::string to_text(const Graph& graph) {
  std::string text;
  for (int n = 0; n < graph.node_count(); ++n) {
    const GraphNode& node = graph.node(n);
    if (!node.alive()) continue;
    const std::string attributes = to_string(node.attributes);
    text += list(graph, node.outputs) + " = " + std::string(node.op->name) + "(" + list(graph, node.inputs) + ")";
    if (!attributes.empty()) text += " " + attributes;
    text += " :";
    for (Value output : node.outputs) text += " " + to_string(graph.type(output));
    text += "  # " + graph.path(n) + "\n";
  }
  for (const Graph::Commit& c : graph.commits())
    text += "commit " + label(graph, c.variable) + " <- " + label(graph, c.next) + "\n";
  for (const Graph::Output& o : graph.outputs()) text += "output " + o.name + " = " + label(graph, o.value) + "\n";
  return text;
}

std::string to_dot(const Graph& graph) {
  std::string text = "digraph step {\n  rankdir=TB;\n  node [shape=box, style=filled, fontname=\"sans-serif\"];\n";
  for (int v = 0; v < graph.value_count(); ++v) {
    const GraphValue& value = graph.at({v});
    if (value.name.empty()) continue;
    text += "  v" + std::to_string(v) + " [shape=ellipse, fillcolor=white, label=\"" + value.name + "\\n" +
            to_string(value.type) + "\"];\n";
  }
  for (int n = 0; n < graph.node_count(); ++n) {
    const GraphNode& node = graph.node(n);
    if (!node.alive()) continue;
    text += "  n" + std::to_string(n) + " [fillcolor=\"" + colour(node.place.phase) + "\", label=\"" + graph.path(n) +
            "\"];\n";
    for (Value input : node.inputs) {
      if (!input) continue;
      const GraphValue& value = graph.at(input);
      if (value.kind == ValueKind::constant) continue;
      const std::string from =
          value.producer >= 0 ? "n" + std::to_string(value.producer) : "v" + std::to_string(input.id);
      text += "  " + from + " -> n" + std::to_string(n) + " [label=\"" + to_string(value.type.shape) + "\"];\n";
    }
  }
  return text + "}\n";
}

}  // namespace tacho
