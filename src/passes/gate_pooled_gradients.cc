#include "passes/pipeline.h"

namespace tacho {
namespace {

/// The node of that operation whose output `value` is; -1 where another operation made it.
int made_by(const Graph& graph, Value value, std::string_view op) {
  const int producer = graph.at(value).producer;
  return producer >= 0 && graph.at(value).kind == ValueKind::node && graph.node(producer).op->name == op ? producer
                                                                                                         : -1;
}

}  // namespace

// relu_backward(max_pool2d_backward(g, index), y) with (p, index) = max_pool2d(y) becomes
// max_pool2d_backward(relu_backward(g, p), index). Equal to the bit: each g lands where its window's p = y[index] is,
// and overlapping windows that land on one place see the same sign there.
int gate_pooled_gradients(Graph& graph) {
  const std::vector<int> uses = count_uses(graph);
  int changed = 0;
  for (int gate = 0; gate < graph.node_count(); ++gate) {
    if (!graph.node(gate).alive() || graph.node(gate).op->name != "relu_backward") continue;
    const Value unpooled = graph.node(gate).inputs[0], y = graph.node(gate).inputs[1];
    const int unpool = made_by(graph, unpooled, "max_pool2d_backward");
    if (unpool < 0 || uses[size_t(unpooled.id)] != 1) continue;
    const Value gradient = graph.node(unpool).inputs[0], index = graph.node(unpool).inputs[1];
    const int pool = made_by(graph, index, "max_pool2d");
    if (pool < 0 || graph.node(pool).inputs[0] != y) continue;
    graph.exchange(unpool, gate);
    graph.rewire(unpool, Values{gradient, graph.node(pool).outputs[0]});
    graph.rewire(gate, Values{graph.node(unpool).outputs[0], index});
    ++changed;
  }
  return changed;
}

}  // namespace tacho
