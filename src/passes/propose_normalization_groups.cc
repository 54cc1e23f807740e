#include <algorithm>
#include <set>

#include "passes/propose.h"

namespace tacho {
namespace {

/// Where the value's only reader is an operation of that name: its node; else -1.
int read_only_by(const Graph& graph, const std::vector<int>& reader, Value value, std::string_view op) {
  const int node = reader[size_t(value.id)];
  return node >= 0 && graph.node(node).op->name == op ? node : -1;
}

/// Batch normalisation with the sum and the relu or clip behind it.
std::vector<int> forward_group(const Graph& graph, const std::vector<int>& reader, int norm) {
  std::vector<int> nodes{norm};
  Value value = graph.node(norm).outputs[0];
  if (const int sum = read_only_by(graph, reader, value, "add"); sum >= 0) {
    nodes.push_back(sum);
    value = graph.node(sum).outputs[0];
  }
  for (const char* activation : {"relu", "clip"})
    if (const int node = read_only_by(graph, reader, value, activation); node >= 0) nodes.push_back(node);
  return nodes;
}

/// The two ways of a gradient through batch normalisation (through the images, through their statistics) and their sum.
std::vector<int> backward_group(const Graph& graph, const std::vector<int>& reader, int through_statistics) {
  const Value value = graph.node(through_statistics).outputs[0];
  const int sum = read_only_by(graph, reader, value, "add");
  if (sum < 0) return {};
  const Values& operands = graph.node(sum).inputs;
  const Value other = operands[0] == value ? operands[1] : operands[0];
  const int producer = other ? graph.at(other).producer : -1;
  if (producer < 0 || graph.at(other).kind != ValueKind::node || reader[size_t(other.id)] != sum ||
      graph.node(producer).op->name != "batch_norm_backward_input")
    return {};
  std::vector<int> nodes{producer, through_statistics, sum};
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

}  // namespace

void propose_normalization_groups(const Graph& graph, const std::vector<int>& reader,
                                  std::vector<GroupProposal>& proposals) {
  // Two normalisations may meet in one sum: it belongs to the first.
  std::set<int> taken;
  for (const GroupProposal& proposal : proposals) taken.insert(proposal.nodes.begin(), proposal.nodes.end());
  for (int n = 0; n < graph.node_count(); ++n) {
    if (!graph.node(n).alive()) continue;
    std::vector<int> nodes;
    if (graph.node(n).op->name == "batch_norm") nodes = forward_group(graph, reader, n);
    if (graph.node(n).op->name == "batch_norm_statistics_backward") nodes = backward_group(graph, reader, n);
    const auto free = std::find_if(nodes.begin(), nodes.end(), [&](int node) { return taken.count(node) > 0; });
    if (graph.node(n).op->name == "batch_norm") nodes.erase(free, nodes.end());
    else if (free != nodes.end()) nodes.clear();
    if (nodes.size() < 2) continue;
    taken.insert(nodes.begin(), nodes.end());
    proposals.push_back({std::move(nodes)});
  }
}

}  // namespace tacho
