// The schedule: stages of tasks with a barrier after each.
#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "op/row_join.h"
#include "plan/planner.h"

namespace tacho {
namespace {

/// Sets of things that belong together.
class Components {
 public:
  explicit Components(size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0); }
  size_t find(size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(size_t a, size_t b) {
    a = find(a), b = find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<size_t> parent_;
};

}  // namespace

/// One task a lane: its slices in order, each through all the nodes depth-first.
Stage Planner::sliced_stage(const std::vector<int>& nodes, int order) const {
  Stage stage{{}, order};
  for (int lane = 0; lane < plan_->lanes; ++lane) {
    Task task;
    const int64_t slices = plan_->slices_in(order);
    const int64_t begin = slices * lane / plan_->lanes, end = slices * (lane + 1) / plan_->lanes;
    for (int64_t s = begin; s < end; ++s)
      for (int n : nodes) task.items.push_back({n, lane, s == begin, plan_->slice(s, order)});
    stage.tasks.push_back(std::move(task));
  }
  return stage;
}

/// Bytes of a node's operands, its partials in all lanes among them.
int64_t Planner::bytes_touched(int n) const {
  const PlannedNode& node = plan_->nodes[size_t(n)];
  int64_t sum =
      node.kind == PlannedNode::combine ? plan_->lanes * plan_->nodes[size_t(node.combined)].partial_bytes : 0;
  for (const auto& uses : {node.inputs, node.outputs})
    for (const OperandUse& use : uses)
      if (use.value >= 0 && !use.partial) sum += whole_bytes(plan_->values[size_t(use.value)]);
  return sum;
}

/// Nodes that run once: one task for each set of nodes that depend on one another or touch the same variable. The
/// largest come first: whoever is free takes the next, and a large one at the end would be waited for.
Stage Planner::whole_stage(const std::vector<int>& nodes, int order) const {
  Components components(nodes.size());
  std::map<int, size_t> toucher;  // memory -> first node of this stage that reads or writes it
  for (size_t i = 0; i < nodes.size(); ++i) {
    const auto touch = [&](int value) {
      if (value < 0) return;
      const int root = root_of(value);
      const auto [it, fresh] = toucher.emplace(root, i);
      const PlannedValue& v = plan_->values[size_t(root)];
      const bool written_here = v.storage != Storage::constant &&
                                !(v.storage == Storage::external && plan_->slots[size_t(v.slot)].kind == Slot::input);
      if (!fresh && written_here) components.join(it->second, i);
    };
    for (const OperandUse& use : plan_->nodes[size_t(nodes[i])].inputs) touch(use.value);
    for (const OperandUse& use : plan_->nodes[size_t(nodes[i])].outputs) touch(use.value);
    for (int pack : plan_->nodes[size_t(nodes[i])].packs) touch(pack);
  }
  std::map<size_t, std::pair<int64_t, std::vector<int>>> together;
  for (size_t i = 0; i < nodes.size(); ++i) {
    auto& [bytes, members] = together[components.find(i)];
    bytes += bytes_touched(nodes[i]);
    members.push_back(nodes[i]);
  }
  std::vector<std::pair<int64_t, Task>> sorted;
  for (const auto& [first, set] : together) {
    const auto& [bytes, members] = set;
    std::vector<Task> parts = row_blocks(members);
    if (parts.empty()) {
      parts.emplace_back();
      for (int n : members) {
        const int64_t rows = std::max<int64_t>(plan_->nodes[size_t(n)].split_rows, 1);
        parts[0].items.push_back({n, 0, true, {0, rows, rows}});
      }
    }
    for (Task& part : parts) sorted.emplace_back(bytes / int64_t(parts.size()), std::move(part));
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  Stage stage{{}, order};
  for (auto& [bytes, task] : sorted) stage.tasks.push_back(std::move(task));
  return stage;
}

/// Parts of a node's rows begin at multiples of this.
int64_t Planner::row_step(int n) const {
  const PlannedNode& node = plan_->nodes[size_t(n)];
  return node.kind == PlannedNode::combine ? row_join_of(*node.kernel)->row_step() : 1;
}

/// One node that runs whole, its rows split over the lanes.
Stage Planner::split_stage(int n) const {
  const int64_t rows = plan_->nodes[size_t(n)].split_rows, step = row_step(n), steps = (rows + step - 1) / step;
  const int lanes = int(std::min<int64_t>(cores(), steps));
  Stage stage{{}, plan_->nodes[size_t(n)].order};
  for (int lane = 0; lane < lanes; ++lane) {
    const int64_t begin = steps * lane / lanes * step, end = std::min(steps * (lane + 1) / lanes * step, rows);
    stage.tasks.push_back({{{n, lane, true, {begin, end - begin, rows}}}});
  }
  return stage;
}

/// A gradient's lanes joined block by block, each block followed by those who read it (the parameter's update) while it
/// is in the cache: one task a lane. Empty where the nodes, all that touch one another's memory in this stage, are
/// anything else, or small.
std::vector<Task> Planner::row_blocks(const std::vector<int>& nodes) const {
  constexpr int64_t kBlock = 1 << 17;  // bytes of the gradient
  const PlannedNode& first = plan_->nodes[size_t(nodes[0])];
  if (first.kind != PlannedNode::combine || !worth_splitting(nodes[0])) return {};
  std::set<int> made;  // whatever is written must be read row by row, by those before its writer too
  for (int n : nodes)
    for (const OperandUse& use : plan_->nodes[size_t(n)].outputs) made.insert(root_of(use.value));
  for (size_t i = 1; i < nodes.size(); ++i) {
    const PlannedNode& node = plan_->nodes[size_t(nodes[i])];
    if (node.kind != PlannedNode::compute || node.split_rows != first.split_rows) return {};
    for (const OperandUse& use : node.inputs)
      if (use.value >= 0 && made.count(root_of(use.value)) && !(use.sliced && use.rows == 1)) return {};
    for (const OperandUse& use : node.outputs)
      if (!(use.sliced && use.rows == 1)) return {};
  }
  const int64_t row_bytes = whole_bytes(plan_->values[size_t(first.outputs[0].value)]) / first.split_rows;
  const int64_t step = row_step(nodes[0]), block = std::max<int64_t>(1, kBlock / (step * row_bytes)) * step;
  std::vector<Task> tasks;
  for (const Task& part : split_stage(nodes[0]).tasks) {
    const Slice all = part.items[0].slice;
    Task& task = tasks.emplace_back();
    for (int64_t row = all.begin; row < all.begin + all.count; row += block)
      for (int n : nodes)
        task.items.push_back(
            {n, part.items[0].lane, true, {row, std::min(block, all.begin + all.count - row), all.total}});
  }
  return tasks;
}

/// Splitting less than this over threads costs more than it saves (a barrier is some microseconds).
constexpr int64_t kWorthSplitting = 1 << 18;  // bytes of the results

/// A kernel's units over the lanes: less than some microseconds' products, or images, cost more to divide than they
/// save.
bool Planner::worth_dividing(const Executed& executed, int64_t result_bytes) {
  constexpr int64_t kWorthDividing = 400'000;  // products
  return executed.tally.mul >= kWorthDividing || result_bytes >= kWorthSplitting;
}

bool Planner::worth_splitting(int n) const {
  const PlannedNode& node = plan_->nodes[size_t(n)];
  if (node.split_rows < 2) return false;
  int64_t bytes = 0;
  for (const OperandUse& use : node.outputs) bytes += whole_bytes(plan_->values[size_t(use.value)]);
  return node.by_units ? worth_dividing(node.executed, bytes) : bytes >= kWorthSplitting;
}

void Planner::make_stages() {
  std::vector<Stage>& stages = plan_->stages;
  const auto runs = [&](int n) {
    return plan_->nodes[size_t(n)].kind != PlannedNode::view && !plan_->nodes[size_t(n)].prepared;
  };
  std::vector<int> last;  // commits that copy: behind everything that may still read the variable
  if (options_.schedule == Schedule::operators) {
    stages.emplace_back();  // of tasks without stages, which need to know what overwrites what: make_task_graph
    stage_of_.assign(plan_->nodes.size(), 0);
    return;
  } else if (options_.schedule == Schedule::sequential) {
    for (int n = 0; n < int(plan_->nodes.size()); ++n) {
      const PlannedNode& node = plan_->nodes[size_t(n)];
      if (!runs(n)) continue;
      if (node.kind == PlannedNode::commit) last.push_back(n);
      else if (node.sliced) stages.push_back(sliced_stage({n}, node.order));
      else if (worth_splitting(n)) stages.push_back(split_stage(n));
      else stages.push_back(whole_stage({n}, node.order));
    }
  } else {
    std::map<int, std::vector<int>> by_order;
    for (int n = 0; n < int(plan_->nodes.size()); ++n) {
      if (!runs(n)) continue;
      if (plan_->nodes[size_t(n)].kind == PlannedNode::commit) last.push_back(n);
      else by_order[plan_->nodes[size_t(n)].order].push_back(n);
    }
    for (const auto& [order, nodes] : by_order)
      stages.push_back(order % 2 ? sliced_stage(nodes, order) : whole_stage(nodes, order));
  }
  if (!last.empty()) stages.push_back(whole_stage(last, plan_->slicing.orders));
  for (const Stage& stage : stages) plan_->segments += stage.order % 2;
  stage_of_.assign(plan_->nodes.size(), -1);
  for (size_t s = 0; s < stages.size(); ++s)
    for (const Task& task : stages[s].tasks)
      for (const Item& item : task.items) stage_of_[size_t(item.node)] = int(s);
}

}  // namespace tacho
