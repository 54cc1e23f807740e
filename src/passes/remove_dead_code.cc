#include "passes/pipeline.h"

namespace tacho {

int remove_dead_code(Graph& graph) {
  std::vector<bool> live(size_t(graph.value_count()));
  for (const Graph::Commit& c : graph.commits()) live[size_t(c.next.id)] = true;
  for (const Graph::Output& o : graph.outputs()) live[size_t(o.value.id)] = true;
  int removed = 0;
  for (int n = graph.node_count(); n-- > 0;) {
    const GraphNode& node = graph.node(n);
    if (!node.alive()) continue;
    bool needed = false;
    for (Value output : node.outputs) needed = needed || live[size_t(output.id)];
    if (!needed) {
      graph.remove(n, "dead code");
      ++removed;
      continue;
    }
    for (Value input : node.inputs)
      if (input) live[size_t(input.id)] = true;
  }
  return removed;
}

}  // namespace tacho
