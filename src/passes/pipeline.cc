#include "passes/pipeline.h"

#include "graph/verify.h"

namespace tacho {

std::span<const Pass> pipeline() {
  // Folding first: it makes equal constants of equal subexpressions; dead code last: it removes what the others left
  // unread.
  static constexpr Pass kPasses[] = {
      {"fold_constants", fold_constants},
      {"merge_common_subexpressions", merge_common_subexpressions},
      {"gate_pooled_gradients", gate_pooled_gradients},
      {"remove_dead_code", remove_dead_code},
  };
  return kPasses;
}

void run_pipeline(Graph& graph) {
  verify(graph);
  for (const Pass& pass : pipeline()) {
    pass.run(graph);
    verify(graph);
  }
}

std::vector<int> count_uses(const Graph& graph) {
  std::vector<int> uses(size_t(graph.value_count()));
  for (int n = 0; n < graph.node_count(); ++n) {
    if (!graph.node(n).alive()) continue;
    for (Value input : graph.node(n).inputs)
      if (input) ++uses[size_t(input.id)];
  }
  for (const Graph::Commit& c : graph.commits()) ++uses[size_t(c.next.id)];
  for (const Graph::Output& o : graph.outputs()) ++uses[size_t(o.value.id)];
  return uses;
}

}  // namespace tacho
