// The schedule `operators`: dependencies instead of barriers; and the parallelism of every schedule.
#include <algorithm>
#include <map>

#include "plan/planner.h"

namespace tacho {

/// Who follows whom: a node follows whoever wrote what it reads, and whoever still reads or wrote what it overwrites.
/// Memory that several values share by lifetime adds no edges: it is only shared along edges that are there (see
/// place_shared). Edges go from lower to higher numbers.
std::vector<std::set<int>> Planner::dependents() const {
  std::vector<std::set<int>> result(plan_->nodes.size());
  std::map<int, int> writer;                // memory -> node
  std::map<int, std::vector<int>> readers;  // since it was written
  for (int n = 0; n < int(plan_->nodes.size()); ++n) {
    const PlannedNode& node = plan_->nodes[size_t(n)];
    if (node.kind == PlannedNode::view || node.prepared) continue;
    const auto follow = [&](int earlier) {
      if (earlier != n) result[size_t(earlier)].insert(n);
    };
    const auto read = [&](int value) {
      if (value < 0) return;
      const int root = root_of(value);
      if (const auto found = writer.find(root); found != writer.end()) follow(found->second);
      readers[root].push_back(n);
    };
    for (const OperandUse& use : node.inputs) read(use.value);
    for (int pack : node.packs) read(pack);
    for (const OperandUse& use : node.outputs) {
      const int root = root_of(use.value);
      if (const auto found = writer.find(root); found != writer.end()) follow(found->second);
      for (int reader : readers[root]) follow(reader);
      readers[root].clear();
      writer[root] = n;
    }
  }
  return result;
}

/// The longest way from a node's beginning to the end of the step, in estimated nanoseconds.
std::vector<int64_t> Planner::heights(const std::vector<std::set<int>>& dependents) const {
  constexpr int64_t kBytesPerNs = 8, kCall = 200;  // where nothing was measured; only their order matters
  std::vector<int64_t> heights(dependents.size());
  for (int n = int(dependents.size()) - 1; n >= 0; --n) {
    const PlannedNode& node = plan_->nodes[size_t(n)];
    int64_t behind = 0;
    for (int next : dependents[size_t(n)]) behind = std::max(behind, heights[size_t(next)]);
    heights[size_t(n)] = behind + kCall + (node.tuned_ns > 0 ? node.tuned_ns : bytes_touched(n) / kBytesPerNs);
  }
  return heights;
}

/// Nodes that follow one another and nobody else waits between: one task, so that a chain stays on its thread. A node
/// that is split over its rows stands alone.
std::vector<std::vector<int>> Planner::chains(const std::vector<std::set<int>>& dependents) const {
  // What already follows by way of another needs no edge of its own: with them, most nodes have one predecessor.
  std::vector<std::vector<int>> next(dependents.size()), previous(dependents.size());
  for (int n = 0; n < int(dependents.size()); ++n)
    for (int m : dependents[size_t(n)]) {
      const auto between = [&](int k) { return k != m && before_[size_t(m)][size_t(k)]; };
      if (std::any_of(dependents[size_t(n)].begin(), dependents[size_t(n)].end(), between)) continue;
      next[size_t(n)].push_back(m);
      previous[size_t(m)].push_back(n);
    }
  std::vector<std::vector<int>> chains;
  std::vector<int> chain_of(dependents.size(), -1);
  for (int n = 0; n < int(dependents.size()); ++n) {
    if (plan_->nodes[size_t(n)].kind == PlannedNode::view || plan_->nodes[size_t(n)].prepared) continue;
    const auto& before = previous[size_t(n)];
    const bool follows =
        before.size() == 1 && next[size_t(before[0])].size() == 1 && !worth_splitting(n) && !worth_splitting(before[0]);
    chain_of[size_t(n)] = follows ? chain_of[size_t(before[0])] : int(chains.size());
    if (!follows) chains.emplace_back();
    chains[size_t(chain_of[size_t(n)])].push_back(n);
  }
  return chains;
}

/// Tasks in an order that respects the dependencies, longest way to the end first: whoever is free takes the task that
/// has been ready longest, and tasks that become ready together are queued in this order.
void Planner::make_task_graph() {
  const std::vector<std::set<int>> dependents = this->dependents();
  const size_t count = plan_->nodes.size();
  before_.assign(count, std::vector<bool>(count));
  for (size_t n = 0; n < count; ++n)
    for (int m : dependents[n]) {
      for (size_t k = 0; k < n; ++k)
        if (before_[n][k]) before_[size_t(m)][k] = true;
      before_[size_t(m)][n] = true;
    }
  const std::vector<int64_t> heights = this->heights(dependents);
  std::vector<std::vector<int>> chains = this->chains(dependents);
  std::stable_sort(chains.begin(), chains.end(), [&](const auto& a, const auto& b) {
    return heights[size_t(a.front())] > heights[size_t(b.front())];
  });
  std::vector<Task>& tasks = plan_->stages.front().tasks;
  std::vector<std::vector<int>> tasks_of(count);  // of each node
  for (const std::vector<int>& chain : chains) {
    if (worth_splitting(chain.front())) {
      for (Task& part : split_stage(chain.front()).tasks) {
        tasks_of[size_t(chain.front())].push_back(int(tasks.size()));
        tasks.push_back(std::move(part));
      }
      continue;
    }
    Task task;
    for (int n : chain) {
      const int64_t rows = std::max<int64_t>(plan_->nodes[size_t(n)].split_rows, 1);
      task.items.push_back({n, 0, true, {0, rows, rows}});
      tasks_of[size_t(n)].push_back(int(tasks.size()));
    }
    tasks.push_back(std::move(task));
  }
  std::vector<std::set<int>> successors(tasks.size());
  for (size_t n = 0; n < count; ++n)
    for (int m : dependents[n])
      for (int from : tasks_of[n])
        for (int to : tasks_of[size_t(m)])
          if (from != to) successors[size_t(from)].insert(to);
  for (const auto& set : successors) plan_->successors.emplace_back(set.begin(), set.end());
}

}  // namespace tacho
