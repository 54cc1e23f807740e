#include "plan/memory_map.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "plan/arena.h"
#include "plan/plan.h"

namespace tacho {
namespace {

/// Reads a finished plan: positions of nodes, roots of values, lifetimes.
class Reader {
 public:
  explicit Reader(const Plan& plan) : plan_(plan), stage_of_(plan.nodes.size(), -1), position_(plan.nodes.size(), -1) {
    for (size_t s = 0; s < plan.stages.size(); ++s)
      for (const Task& task : plan.stages[s].tasks)
        for (const Item& item : task.items) stage_of_[size_t(item.node)] = int(s);
    for (size_t n = 0; n < plan.nodes.size(); ++n)
      if (stage_of_[n] >= 0) running_.push_back(int(n));
    std::stable_sort(running_.begin(), running_.end(),
                     [&](int a, int b) { return stage_of_[size_t(a)] < stage_of_[size_t(b)]; });
    for (size_t i = 0; i < running_.size(); ++i) {
      const size_t n = size_t(running_[i]), stage = size_t(stage_of_[n]);
      position_[n] = int(i);
      first_.try_emplace(stage, int(i));
      last_[stage] = int(i);
    }
    find_users();
  }

  std::vector<std::string> order() const {
    std::vector<std::string> paths;
    for (int n : running_) paths.push_back(plan_.nodes[size_t(n)].path);
    return paths;
  }

  std::vector<MemoryBlock> blocks(Storage storage) const {
    std::vector<MemoryBlock> blocks;
    for (size_t v = 0; v < plan_.values.size(); ++v) {
      if (plan_.values[v].root != int(v) || plan_.values[v].storage != storage) continue;
      if (prepared_.count(int(v)) && !readers_.count(int(v))) continue;  // over before the first step
      blocks.push_back(block_of(int(v)));
    }
    if (storage == Storage::shared)
      for (const PlannedNode& node : plan_.nodes)
        if (node.kind == PlannedNode::combine) blocks.push_back(partial_of(node));
    std::stable_sort(blocks.begin(), blocks.end(),
                     [](const MemoryBlock& a, const MemoryBlock& b) { return a.begin < b.begin; });
    return blocks;
  }

 private:
  int root_of(int value) const {
    while (plan_.values[size_t(value)].root != value) value = plan_.values[size_t(value)].root;
    return value;
  }

  void find_users() {
    for (int n : running_) {
      const PlannedNode& node = plan_.nodes[size_t(n)];
      for (const OperandUse& use : node.outputs)
        if (use.value >= 0 && !use.partial) writers_[root_of(use.value)].push_back(n);
      for (const OperandUse& use : node.inputs)
        if (use.value >= 0) readers_[root_of(use.value)].push_back(n);
      for (int pack : node.packs) readers_[root_of(pack)].push_back(n);
    }
    for (const Graph::Output& output : plan_.graph.outputs()) kept_.push_back(root_of(output.value.id));
    for (const PlannedNode& node : plan_.nodes)
      if (node.prepared)
        for (const OperandUse& use : node.outputs) prepared_[root_of(use.value)] = &node;
  }

  /// A value of the whole batch lives from its first stage's begin to its last one's end: within a stage the slices are
  /// at different nodes. Without stages (schedule `operators`) nodes stand for themselves.
  void set_life(MemoryBlock& block, int first, int last, bool whole_stages) const {
    block.begin = position_[size_t(first)], block.end = position_[size_t(last)];
    if (!whole_stages || !plan_.successors.empty()) return;
    block.begin = first_.at(size_t(stage_of_[size_t(first)]));
    block.end = last_.at(size_t(stage_of_[size_t(last)]));
  }

  MemoryBlock block_of(int value) const {
    const PlannedValue& planned = plan_.values[size_t(value)];
    MemoryBlock block;
    block.bytes = planned.bytes, block.offset = planned.offset;
    if (const auto before = prepared_.find(value); before != prepared_.end()) {
      block.name = before->second->path, block.place = before->second->place;
      block.begin = 0, block.end = int(running_.size()) - 1;
      return block;
    }
    const std::vector<int>& writers = writers_.at(value);
    const PlannedNode& writer = plan_.nodes[size_t(writers.front())];
    block.name = writer.path, block.place = writer.place;
    for (size_t i = 1; i < writers.size(); ++i) block.reuse.push_back(plan_.nodes[size_t(writers[i])].path);
    int last = writers.back();
    if (const auto readers = readers_.find(value); readers != readers_.end())
      if (position_[size_t(readers->second.back())] > position_[size_t(last)]) last = readers->second.back();
    set_life(block, writers.front(), last, planned.storage == Storage::shared);
    if (std::find(kept_.begin(), kept_.end(), value) != kept_.end()) block.end = int(running_.size()) - 1;
    return block;
  }

  MemoryBlock partial_of(const PlannedNode& combine) const {
    const PlannedNode& source = plan_.nodes[size_t(combine.combined)];
    MemoryBlock block;
    block.kind = MemoryBlock::partial;
    block.name = source.path, block.place = source.place;
    block.bytes = source.partial_bytes * plan_.lanes, block.offset = source.partial_offset;
    set_life(block, combine.combined, int(&combine - plan_.nodes.data()), true);
    return block;
  }

  const Plan& plan_;
  std::vector<int> stage_of_, position_, running_;
  std::map<size_t, int> first_, last_;  ///< positions of each stage
  std::map<int, std::vector<int>> writers_, readers_;
  std::vector<int> kept_;
  std::map<int, const PlannedNode*> prepared_;  ///< written before the first step
};

}  // namespace

int64_t MemoryMap::planned_bytes() const {
  int64_t bytes = threads * workspace_bytes;
  for (const MemoryArena& arena : arenas) bytes += arena.copies * arena.bytes;
  return bytes;
}

MemoryMap memory_map(const Plan& plan, int threads) {
  const Reader reader(plan);
  MemoryMap map;
  map.order = reader.order();
  map.threads = threads;
  map.workspace_bytes = plan.workspace_bytes;
  map.arenas.push_back({"shared", 1, plan.shared_bytes, reader.blocks(Storage::shared)});
  map.arenas.push_back({"thread", threads, plan.local_bytes, reader.blocks(Storage::local)});
  for (const Slot& slot : plan.slots) {
    const int64_t bytes = byte_count(slot.type.shape, slot.type.dtype);
    if (slot.kind == Slot::input) map.input_bytes += bytes;
    if (slot.kind == Slot::variable) map.variable_bytes += bytes;
  }
  for (const PlannedValue& value : plan.values)
    if (value.storage == Storage::constant) map.constant_bytes += byte_count(value.type.shape, value.type.dtype);
  return map;
}

MemoryPeak peak_of(const MemoryMap& map, const MemoryArena& arena) {
  // What begins and ends at each position; the peak is at a begin.
  std::vector<int64_t> change(map.order.size() + 1);
  for (const MemoryBlock& block : arena.blocks) {
    change[size_t(block.begin)] += arena_bytes(block.bytes);
    change[size_t(block.end) + 1] -= arena_bytes(block.bytes);
  }
  MemoryPeak peak;
  int64_t live = 0;
  for (size_t p = 0; p < map.order.size(); ++p)
    if (live += change[p]; live > peak.live_bytes) peak.live_bytes = live, peak.position = int(p);
  for (size_t b = 0; b < arena.blocks.size(); ++b)
    if (arena.blocks[b].begin <= peak.position && peak.position <= arena.blocks[b].end) peak.blocks.push_back(int(b));
  std::stable_sort(peak.blocks.begin(), peak.blocks.end(),
                   [&](int a, int b) { return arena.blocks[size_t(a)].bytes > arena.blocks[size_t(b)].bytes; });
  return peak;
}

}  // namespace tacho
