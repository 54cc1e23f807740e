#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace tacho {

/// A rewrite of the graph that does not change what it computes. Returns how many nodes it removed or changed.
struct Pass {
  std::string_view name;
  int (*run)(Graph&);
};

/// Evaluates nodes whose inputs are all constants and whose results have at most 2^16 elements.
int fold_constants(Graph& graph);
/// Merges nodes with the same operation, attributes and inputs into the first of them.
int merge_common_subexpressions(Graph& graph);
/// relu's gradient behind a max pooling is taken on the pooled images: where the maximum is not positive, neither is
/// the gradient, so the unpooled image need not be kept for it.
int gate_pooled_gradients(Graph& graph);
/// Removes nodes that reach no output and no commit.
int remove_dead_code(Graph& graph);

/// A convolution (with a bias) and the normalisation behind it that uses running statistics become one convolution with
/// a bias: its filters and bias are computed of variables only, so a plan does that once. For steps that write no
/// variable; the others stay as they are. Rounds otherwise than the graph before. Writes the graph anew, so it is no
/// member of the pipeline and runs before it. Returns how many it folded.
int fold_normalization(Graph& graph);

/// Nodes that one kernel may run together, in execution order: a product (the anchor, first) with what follows it
/// alone.
struct GroupProposal {
  std::vector<int> nodes;
};
/// Products with their bias, residual sum, activation and max pooling (reshapes between them are taken along), products
/// of matrices also with a scale and with the gradient of the activation that made their operand's values; batch
/// normalisation with what follows it, and the parts of its gradient; relu's gradient with the max pooling's behind it.
std::vector<GroupProposal> propose_groups(const Graph& graph);

/// The rewrites in the order in which they run.
std::span<const Pass> pipeline();
/// Runs them all and verifies the graph after each.
void run_pipeline(Graph& graph);

/// How often each value is read by alive nodes, commits and outputs.
std::vector<int> count_uses(const Graph& graph);

}  // namespace tacho
