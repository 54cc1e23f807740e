#include "graph/verify.h"

namespace tacho {
namespace {

void check_use(const Graph& graph, Value value, int before_node, const std::string& user) {
  if (value.id < 0 || value.id >= graph.value_count()) fail(user, ": uses value ", value.id, ", which does not exist");
  const GraphValue& v = graph.at(value);
  if (v.kind != ValueKind::node) return;
  if (v.producer < 0 || v.producer >= before_node)
    fail(user, ": uses a value of ", v.producer < 0 ? "no node" : graph.path(v.producer),
         ", which does not come before it");
  if (!graph.node(v.producer).alive())
    fail(user, ": uses a value of ", graph.path(v.producer), ", which ", graph.node(v.producer).removed_by, " removed");
}

}  // namespace

void verify(const Graph& graph) {
  for (int n = 0; n < graph.node_count(); ++n) {
    const GraphNode& node = graph.node(n);
    if (!node.alive()) continue;
    TensorTypes types;
    for (Value input : node.inputs) {
      if (input) check_use(graph, input, n, graph.path(n));
      types.push_back(input ? graph.type(input) : TensorType{DType::boolean, {}});
    }
    TensorTypes expected;
    try {
      expected = types_of(*node.op, node.attributes, types);
    } catch (const Error& error) {
      fail(graph.path(n), ": ", error.what());
    }
    if (expected.size() != node.outputs.size())
      fail(graph.path(n), ": has ", node.outputs.size(), " outputs, its rule gives ", expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
      if (graph.at(node.outputs[i]).type != expected[i])
        fail(graph.path(n), ": output ", i, " is ", to_string(graph.at(node.outputs[i]).type), ", its rule gives ",
             to_string(expected[i]));
  }
  for (const Graph::Commit& c : graph.commits())
    check_use(graph, c.next, graph.node_count(), "commit of '" + graph.at(c.variable).name + "'");
  for (const Graph::Output& o : graph.outputs())
    check_use(graph, o.value, graph.node_count(), "output '" + o.name + "'");
}

}  // namespace tacho
