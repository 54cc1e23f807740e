#include "analysis/operations.h"

#include <algorithm>
#include <set>

#include "analysis/fused.h"
#include "trace/statistics.h"

namespace tacho {
namespace {

/// For each value, whether something that is not a node of the row reads it.
class Readers {
 public:
  explicit Readers(const Graph& graph) : readers_(size_t(graph.value_count())), kept_(size_t(graph.value_count())) {
    for (int n = 0; n < graph.node_count(); ++n)
      for (Value input : graph.node(n).inputs)
        if (input) readers_[size_t(input.id)].push_back(n);
    for (const Graph::Commit& commit : graph.commits()) kept_[size_t(commit.next.id)] = true;
    for (const Graph::Output& output : graph.outputs()) kept_[size_t(output.value.id)] = true;
  }
  bool outside(Value value, const std::vector<int>& members) const {
    if (kept_[size_t(value.id)]) return true;
    for (int reader : readers_[size_t(value.id)])
      if (std::find(members.begin(), members.end(), reader) == members.end()) return true;
    return false;
  }

 private:
  std::vector<std::vector<int>> readers_;
  std::vector<bool> kept_;
};

/// External operands of a group: what it reads and nobody in it produces, and what others (or nobody) read of it.
void add_bytes(Operation& operation, const Graph& graph, const Readers& readers, const std::vector<int>& members) {
  std::set<int32_t> produced, read;
  const auto bytes = [&](Value value) { return byte_count(graph.type(value).shape, graph.type(value).dtype); };
  for (int n : members) {
    for (Value input : graph.node(n).inputs)
      if (input && !produced.count(input.id) && read.insert(input.id).second) operation.bytes_read += bytes(input);
    for (Value output : graph.node(n).outputs) {
      produced.insert(output.id);
      if (n == members.back() || readers.outside(output, members)) operation.bytes_written += bytes(output);
    }
  }
}

/// "conv2 W phi" with "+b" and "+relu" becomes "conv2 Wphi+b+relu": rows of fused operations are long enough.
std::string fused_label(const std::vector<SourceNode>& nodes, const std::vector<int>& members, int anchor) {
  std::string label = nodes[size_t(anchor)].label, behind;
  for (int n : members)
    if (n != anchor && !nodes[size_t(n)].view) behind += nodes[size_t(n)].suffix;
  if (behind.empty()) return label;
  if (const size_t at = label.find("W phi"); at != std::string::npos) label.replace(at, 5, "Wphi");
  return label == nodes[size_t(anchor)].layer ? label + " " + behind : label + behind;
}

void add_required(Operation& operation, const std::vector<SourceNode>& nodes, const std::vector<int>& members,
                  int anchor) {
  const SourceNode& main = nodes[size_t(anchor)];
  operation.kind = main.kind;
  operation.block = main.block;
  operation.formula = main.formula;
  operation.big_o = main.big_o;
  operation.notation = main.notation;
  operation.documents_bound = main.documents_bound;
  operation.label = fused_label(nodes, members, anchor);
  for (int n : members) {
    const SourceNode& node = nodes[size_t(n)];
    operation.members.push_back(node.path);
    operation.count += node.count;
    operation.work += node.work;
    operation.flop += node.flop;
    if (node.kind == NodeKind::product) operation.products_work += node.work;
  }
}

/// Divides the row's times among its members' kinds, where there are several.
void add_kinds(Operation& operation, const NodeRow& row, const std::vector<SourceNode>& nodes) {
  const std::vector<RowPart> parts = parts_of_row(row, nodes);
  const auto time = divide(parts, operation.time_ns), median = divide(parts, operation.median_ns),
             step = divide(parts, operation.step_ns);
  std::vector<KindPart> kinds;
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto same = [&](const KindPart& k) { return k.kind == parts[i].kind; };
    auto kind = std::find_if(kinds.begin(), kinds.end(), same);
    if (kind == kinds.end()) kind = kinds.insert(kinds.end(), KindPart{parts[i].kind});
    kind->weight += parts[i].weight, kind->work += parts[i].work;
    kind->time_ns += time[i], kind->median_ns += median[i], kind->step_ns += step[i];
  }
  if (kinds.size() > 1) operation.kinds = std::move(kinds);
}

/// A row of the plan's own: combine, pack, reorder or commit. It requires nothing.
void name_helper(Operation& operation, const std::vector<Operation>& operations, const std::vector<SourceNode>& nodes) {
  const size_t colon = operation.node.rfind(':');
  operation.label = operation.layer + " " + operation.op;
  for (const Operation& other : operations)
    if (colon != std::string::npos && other.node == operation.node.substr(0, colon))
      operation.label = other.label + " " + operation.op;
  operation.kind = operation.phase == Phase::update ? NodeKind::update : NodeKind::other;
  for (const SourceNode& node : nodes)
    if (node.layer == operation.layer) operation.block = node.block;
  if (operation.block.empty()) operation.block = operation.layer;
}

}  // namespace

std::vector<Operation> operations_of(const RunRecord& record, const std::vector<SourceNode>& nodes, int64_t step) {
  const Readers readers(record.source);
  const auto by_step = record.ledger.kernel_ns_by_step(int(record.rows.size()));
  const std::vector<size_t> quicker = quicker_half(record.ledger.step_ns());
  std::vector<Operation> operations;
  std::vector<int> rows_with(nodes.size());
  for (size_t r = 0; r < record.rows.size(); ++r) {
    const NodeRow& row = record.rows[r];
    Operation operation{row.path, row.op};
    operation.layer = row.place.layer;
    operation.phase = row.place.phase;
    operation.row = row.kind;
    operation.executed = row.executed;
    operation.backend = row.backend;
    operation.kernel = row.kernel_name;
    operation.reason = row.reason;
    operation.refusals = row.refusals;
    if (row.anchor >= 0) {
      for (int n : row.members) ++rows_with.at(size_t(n));
      add_required(operation, nodes, row.members, row.anchor);
      if (row.kind != PlannedNode::view) add_bytes(operation, record.source, readers, row.members);
    } else {
      name_helper(operation, operations, nodes);
    }
    std::vector<int64_t> steps;
    for (const auto& nodes_ns : by_step) steps.push_back(nodes_ns[r]), operation.time_ns += nodes_ns[r];
    operation.median_ns = summarize(steps).median;
    operation.quicker_ns = summarize(samples_at(steps, quicker)).median;
    operation.step_ns = steps.at(size_t(step));
    add_kinds(operation, row, nodes);
    operations.push_back(std::move(operation));
  }
  for (size_t n = 0; n < nodes.size(); ++n) {
    if (rows_with[n] > 1) fail("report: ", nodes[n].path, " is in ", rows_with[n], " rows, expected one");
    if (rows_with[n] == 1) continue;
    Operation operation{nodes[n].path, nodes[n].op};
    operation.layer = nodes[n].layer;
    operation.phase = nodes[n].phase;
    operation.executed_row = false;
    operation.reason = "removed by a pass before anything ran";
    add_required(operation, nodes, {int(n)}, int(n));
    operations.push_back(std::move(operation));
  }
  return operations;
}

}  // namespace tacho
