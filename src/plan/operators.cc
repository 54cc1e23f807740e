// The schedule `operators`: one task a node, dependencies instead of barriers; and the parallelism of every schedule.
#include <algorithm>
#include <map>
#include <set>

#include "plan/planner.h"

namespace tacho {

Stage Planner::operator_stage() const {
  Stage stage;
  for (int n = 0; n < int(plan_->nodes.size()); ++n) {
    if (plan_->nodes[size_t(n)].kind == PlannedNode::view) continue;
    const int64_t rows = std::max<int64_t>(plan_->nodes[size_t(n)].split_rows, 1);
    stage.tasks.push_back({{{n, 0, true, {0, rows, rows}}}});
  }
  return stage;
}

/// A node follows whoever wrote what it reads, and whoever still reads or wrote what it overwrites. Memory that several
/// values share by lifetime adds no edges: it is only shared along edges that are there (see place_shared).
void Planner::make_successors() {
  const std::vector<Task>& tasks = plan_->stages.front().tasks;
  std::vector<std::set<int>> successors(tasks.size());
  std::map<int, int> writer;                // memory -> task
  std::map<int, std::vector<int>> readers;  // since it was written
  for (int t = 0; t < int(tasks.size()); ++t) {
    const PlannedNode& node = plan_->nodes[size_t(tasks[size_t(t)].items.front().node)];
    const auto follow = [&](int before) {
      if (before != t) successors[size_t(before)].insert(t);
    };
    const auto read = [&](int value) {
      if (value < 0) return;
      const int root = root_of(value);
      if (const auto found = writer.find(root); found != writer.end()) follow(found->second);
      readers[root].push_back(t);
    };
    for (const OperandUse& use : node.inputs) read(use.value);
    for (int pack : node.packs) read(pack);
    for (const OperandUse& use : node.outputs) {
      const int root = root_of(use.value);
      if (const auto found = writer.find(root); found != writer.end()) follow(found->second);
      for (int reader : readers[root]) follow(reader);
      readers[root].clear();
      writer[root] = t;
    }
  }
  for (const auto& set : successors) plan_->successors.emplace_back(set.begin(), set.end());
}

/// ancestors()[n][m]: planned node m is over before n begins, whatever the threads do.
std::vector<std::vector<bool>> Planner::ancestors() const {
  const std::vector<Task>& tasks = plan_->stages.front().tasks;
  const size_t count = plan_->nodes.size();
  std::vector<std::vector<bool>> before(count, std::vector<bool>(count));
  for (size_t t = 0; t < tasks.size(); ++t) {  // tasks are in an order that respects the dependencies
    const size_t n = size_t(tasks[t].items.front().node);
    for (int next : plan_->successors[t]) {
      const size_t m = size_t(tasks[size_t(next)].items.front().node);
      for (size_t k = 0; k < count; ++k)
        if (before[n][k]) before[m][k] = true;
      before[m][n] = true;
    }
  }
  return before;
}

}  // namespace tacho
