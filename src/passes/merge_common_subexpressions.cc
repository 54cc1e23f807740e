#include <unordered_map>

#include "passes/pipeline.h"

namespace tacho {
namespace {

size_t key_of(const GraphNode& node) {
  size_t key = std::hash<const void*>{}(node.op) ^ hash_of(node.attributes);
  for (Value input : node.inputs) key = key * 1000003 + size_t(input.id + 1);
  return key;
}

/// Equal splats are one constant.
void merge_splats(Graph& graph) {
  std::vector<Value> seen;
  for (int v = 0; v < graph.value_count(); ++v) {
    const Value value{v};
    const GraphValue& own = graph.at(value);
    if (own.kind != ValueKind::constant || !own.is_splat) continue;
    bool merged = false;
    for (Value other : seen)
      if (graph.at(other).splat == own.splat && graph.at(other).type == own.type) {
        graph.replace_uses(value, other);
        merged = true;
        break;
      }
    if (!merged) seen.push_back(value);
  }
}

}  // namespace

int merge_common_subexpressions(Graph& graph) {
  merge_splats(graph);
  std::unordered_multimap<size_t, int> seen;
  int removed = 0;
  for (int n = 0; n < graph.node_count(); ++n) {
    const GraphNode& node = graph.node(n);
    if (!node.alive()) continue;
    const size_t key = key_of(node);
    int same = -1;
    for (auto [it, end] = seen.equal_range(key); it != end && same < 0; ++it) {
      const GraphNode& other = graph.node(it->second);
      if (other.op == node.op && other.inputs == node.inputs && other.attributes == node.attributes) same = it->second;
    }
    if (same < 0) {
      seen.emplace(key, n);
      continue;
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) graph.replace_uses(node.outputs[i], graph.node(same).outputs[i]);
    graph.remove(n, "common subexpression");
    ++removed;
  }
  return removed;
}

}  // namespace tacho
