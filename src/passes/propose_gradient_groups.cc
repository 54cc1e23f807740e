#include <set>

#include "passes/propose.h"

namespace tacho {

void propose_gradient_groups(const Graph& graph, const std::vector<int>& reader,
                             std::vector<GroupProposal>& proposals) {
  std::set<int> taken;
  for (const GroupProposal& proposal : proposals) taken.insert(proposal.nodes.begin(), proposal.nodes.end());
  for (int gate = 0; gate < graph.node_count(); ++gate) {
    if (!graph.node(gate).alive() || graph.node(gate).op->name != "relu_backward") continue;
    const Value gated = graph.node(gate).outputs[0];
    const int unpool = reader[size_t(gated.id)];
    if (unpool < 0 || graph.node(unpool).op->name != "max_pool2d_backward" || graph.node(unpool).inputs[0] != gated)
      continue;
    if (taken.count(gate) == 0 && taken.count(unpool) == 0) proposals.push_back({{gate, unpool}});
  }
}

}  // namespace tacho
