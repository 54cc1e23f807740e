// Storage classes, what may be overwritten in place, and the arenas.
#include <algorithm>
#include <set>

#include "plan/planner.h"

namespace tacho {
int Planner::root_of(int value) const {
  while (plan_->values[size_t(value)].root != value) value = plan_->values[size_t(value)].root;
  return value;
}

int64_t Planner::part_bytes(const PlannedValue& value) const {
  if (value.layout.kind == Layout::opaque) return value.layout.bytes;
  TensorType part = value.type;
  if (value.sliced) part.shape[0] = value.rows * plan_->examples_in(value.order);
  return byte_count(part.shape, part.dtype);
}

int64_t Planner::whole_bytes(const PlannedValue& value) const {
  if (value.layout.kind == Layout::opaque)
    return value.sliced ? value.layout.bytes * plan_->slices_in(value.order) : value.layout.bytes;
  return byte_count(value.type.shape, value.type.dtype);
}

/// A variable's next value is written straight over it where the kernel allows and nobody else still needs the old one;
/// otherwise a copy at the end of the step.
void Planner::add_commits() {
  const Graph& graph = plan_->graph;
  for (const Graph::Commit& commit : graph.commits()) {
    const int variable = commit.variable.id, next = root_of(commit.next.id);
    if (next == variable) continue;
    const PlannedValue& to = plan_->values[size_t(variable)];
    int writer = -1;
    size_t output = 0;
    for (size_t n = 0; n < plan_->nodes.size(); ++n)
      for (size_t o = 0; o < plan_->nodes[n].outputs.size(); ++o)
        if (plan_->nodes[n].outputs[o].value == next && !plan_->nodes[n].outputs[o].partial)
          writer = int(n), output = o;
    bool in_place = writer >= 0 && plan_->nodes[size_t(writer)].kind == PlannedNode::compute && options_.memory_plan &&
                    plan_->values[size_t(next)].storage == Storage::none;
    if (in_place) {
      const PlannedNode& node = plan_->nodes[size_t(writer)];
      const auto& aliases = aliases_[size_t(writer)];
      const int from = output < aliases.size() ? aliases[output] : -1;
      in_place = from >= 0 && !node.sliced && node.inputs[size_t(from)].value == variable;
      for (size_t n = 0; n < plan_->nodes.size() && in_place; ++n) {
        if (int(n) == writer) continue;
        for (const OperandUse& use : plan_->nodes[n].inputs)
          if (use.value >= 0 && root_of(use.value) == variable)
            in_place = in_place &&
                       (plan_->nodes[n].order < node.order || (plan_->nodes[n].order == node.order && int(n) < writer));
      }
    }
    if (in_place) {
      plan_->values[size_t(next)].root = variable;
      continue;
    }
    if (plan_->values[size_t(next)].storage == Storage::external &&
        plan_->slots[size_t(plan_->values[size_t(next)].slot)].kind == Slot::variable)
      fail("variable '", to.type.shape.size() ? plan_->slots[size_t(to.slot)].name : "scalar",
           "' is committed another variable; emit a copy");
    PlannedNode copy;
    copy.kind = PlannedNode::commit;
    copy.op = "commit";
    copy.path = graph.at(commit.variable).name + "/commit/update";
    copy.place = {graph.at(commit.variable).name, Phase::update};
    copy.kernel_name = "copy";
    copy.reason = "the variable is still read when its next value is written";
    copy.order = plan_->slicing.orders;
    copy.inputs.push_back({commit.next.id, false, false, 1});
    copy.outputs.push_back({variable, false, false, 1});
    plan_->nodes.push_back(std::move(copy));
    aliases_.emplace_back();
  }
}

void Planner::find_readers() {
  readers_.assign(plan_->values.size(), {});
  writer_.assign(plan_->values.size(), -1);
  std::map<int, int> kept_packs;  // pack -> what it was made of, which nobody needs any more
  for (const PlannedNode& node : plan_->nodes)
    if (node.kind == PlannedNode::pack && node.prepared) kept_packs[node.outputs[0].value] = node.inputs[0].value;
  for (int n = 0; n < int(plan_->nodes.size()); ++n) {
    const PlannedNode& node = plan_->nodes[size_t(n)];
    if (node.kind == PlannedNode::view) continue;
    const auto read = [&](int value) {
      if (value < 0) return;
      auto& list = readers_[size_t(root_of(value))];
      if (list.empty() || list.back() != n) list.push_back(n);
    };
    std::set<int> in_its_pack;
    for (int pack : node.packs) {
      read(pack);
      if (const auto made = kept_packs.find(pack); made != kept_packs.end()) in_its_pack.insert(made->second);
    }
    for (const OperandUse& use : node.inputs)
      if (!in_its_pack.count(use.value)) read(use.value);
    for (const OperandUse& use : node.outputs)
      if (!use.partial) writer_[size_t(root_of(use.value))] = n;
  }
}

void Planner::choose_storage() {
  std::set<int> outputs;
  for (const Graph::Output& output : plan_->graph.outputs()) outputs.insert(root_of(output.value.id));
  for (int v = 0; v < int(plan_->values.size()); ++v) {
    PlannedValue& value = plan_->values[size_t(v)];
    if (value.root != v) continue;
    if (value.storage == Storage::constant) value.constant = plan_->graph.constant_tensor({v});
    if (value.storage != Storage::none || writer_[size_t(v)] < 0) continue;
    const PlannedNode& writer = plan_->nodes[size_t(writer_[size_t(v)])];
    bool local = options_.schedule == Schedule::slices && value.sliced && writer.sliced && !outputs.count(v);
    for (int reader : readers_[size_t(v)])
      local = local && plan_->nodes[size_t(reader)].sliced && plan_->nodes[size_t(reader)].order == writer.order;
    value.storage = local ? Storage::local : Storage::shared;
    value.bytes = local ? part_bytes(value) : whole_bytes(value);
  }
  for (int n = 0; n < plan_->graph.node_count(); ++n) {
    const GraphNode& node = plan_->graph.node(n);
    if (!node.alive() || node.op->has(Trait::view)) continue;
    for (Value output : node.outputs) plan_->sum_of_sizes_bytes += whole_bytes(plan_->values[size_t(output.id)]);
  }
}

/// An elementwise result takes the place of an operand that nobody reads afterwards.
void Planner::overwrite_in_place() {
  std::set<int> outputs;
  for (const Graph::Output& output : plan_->graph.outputs()) outputs.insert(root_of(output.value.id));
  for (int n = 0; n < int(plan_->nodes.size()); ++n) {
    PlannedNode& node = plan_->nodes[size_t(n)];
    for (size_t o = 0; o < node.outputs.size() && o < aliases_[size_t(n)].size(); ++o) {
      const int from = aliases_[size_t(n)][o];
      if (from < 0 || node.outputs[o].partial || node.inputs[size_t(from)].value < 0) continue;
      const int out = node.outputs[o].value, in = root_of(node.inputs[size_t(from)].value);
      PlannedValue& result = plan_->values[size_t(out)];
      const PlannedValue& operand = plan_->values[size_t(in)];
      const bool own = result.root == out && (result.storage == Storage::local || result.storage == Storage::shared);
      if (!own || operand.storage != result.storage || operand.bytes != result.bytes || outputs.count(in) ||
          outputs.count(out) || result.sliced != operand.sliced || !(result.layout == operand.layout) ||
          writer_[size_t(in)] < 0)
        continue;
      bool last = true;
      for (int reader : readers_[size_t(in)])
        if (reader != n)
          last = last &&
                 (result.storage == Storage::local ? reader < n : stage_of_[size_t(reader)] < stage_of_[size_t(n)]);
      int uses = 0;
      for (const OperandUse& use : node.inputs) uses += use.value >= 0 && root_of(use.value) == in;
      if (!last || uses != 1) continue;
      result.root = in;
      auto& readers = readers_[size_t(in)];
      readers.insert(readers.end(), readers_[size_t(out)].begin(), readers_[size_t(out)].end());
      std::sort(readers.begin(), readers.end());
      readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
    }
  }
}

/// Lifetimes within a segment, in the order in which a slice meets the nodes. All segments use the same memory.
void Planner::place_local() {
  std::map<int, std::vector<int>> segments;  // order -> roots
  for (int v = 0; v < int(plan_->values.size()); ++v)
    if (plan_->values[size_t(v)].root == v && plan_->values[size_t(v)].storage == Storage::local)
      segments[plan_->nodes[size_t(writer_[size_t(v)])].order].push_back(v);
  for (const auto& [order, roots] : segments) {
    std::vector<Block> blocks;
    for (int v : roots) {
      const int begin = writer_[size_t(v)];
      const auto& readers = readers_[size_t(v)];
      blocks.push_back(
          {plan_->values[size_t(v)].bytes, begin, readers.empty() ? begin : std::max(begin, readers.back())});
    }
    plan_->local_bytes = std::max(plan_->local_bytes, pack_blocks(blocks, options_.memory_plan));
    for (size_t i = 0; i < roots.size(); ++i) plan_->values[size_t(roots[i])].offset = blocks[i].offset;
  }
}

/// Whether a value that is made before the first step is read in a step.
bool Planner::kept_throughout(int value) const {
  if (!plan_->nodes[size_t(writer_[size_t(value)])].prepared) return false;
  const auto& readers = readers_[size_t(value)];
  return std::any_of(readers.begin(), readers.end(), [&](int n) { return !plan_->nodes[size_t(n)].prepared; });
}

/// Lifetimes in stages. Partials stand here too: from the stage that fills them to the one that joins them.
void Planner::place_shared() {
  const int last_stage = int(plan_->stages.size());
  std::set<int> outputs;
  for (const Graph::Output& output : plan_->graph.outputs()) outputs.insert(root_of(output.value.id));
  std::vector<Block> blocks;
  std::vector<int64_t*> offsets;
  std::vector<int> roots;  // -1 for partials
  for (int v = 0; v < int(plan_->values.size()); ++v) {
    PlannedValue& value = plan_->values[size_t(v)];
    if (value.root != v || value.storage != Storage::shared) continue;
    // What runs before the first step does so in the nodes' order, before stage 0. What is read there alone need not be
    // kept.
    const auto time_of = [&](int node) {
      return plan_->nodes[size_t(node)].prepared ? node - int(plan_->nodes.size()) : stage_of_[size_t(node)];
    };
    const int begin = time_of(writer_[size_t(v)]);
    int end = kept_throughout(v) || outputs.count(v) ? last_stage : begin;
    for (int reader : readers_[size_t(v)]) end = std::max(end, time_of(reader));
    blocks.push_back({value.bytes, begin, end});
    offsets.push_back(&value.offset);
    roots.push_back(v);
  }
  for (PlannedNode& node : plan_->nodes) {
    if (node.kind != PlannedNode::combine) continue;
    PlannedNode& source = plan_->nodes[size_t(node.combined)];
    source.partial_bytes = arena_bytes(source.partial_bytes);
    const int begin = stage_of_[size_t(node.combined)], end = stage_of_[size_t(&node - plan_->nodes.data())];
    blocks.push_back({source.partial_bytes * plan_->lanes, begin, end});
    offsets.push_back(&source.partial_offset);
  }
  if (options_.schedule == Schedule::operators && options_.memory_plan) {
    // There are no stages to tell lifetimes by: two values may share memory where all that touch one are over before
    // the other begins.
    const auto over_before = [&](size_t a, size_t b) {
      const size_t begins = size_t(writer_[size_t(roots[b])]);
      if (plan_->nodes[size_t(writer_[size_t(roots[a])])].prepared)
        return !kept_throughout(roots[a]) && blocks[a].end < blocks[b].begin;
      if (outputs.count(roots[a]) || !before_[begins][size_t(writer_[size_t(roots[a])])]) return false;
      for (int reader : readers_[size_t(roots[a])])
        if (!before_[begins][size_t(reader)]) return false;
      return true;
    };
    plan_->shared_bytes =
        pack_blocks(blocks, [&](size_t a, size_t b) { return !over_before(a, b) && !over_before(b, a); });
  } else {
    plan_->shared_bytes = pack_blocks(blocks, options_.memory_plan);
  }
  for (size_t i = 0; i < blocks.size(); ++i) *offsets[i] = blocks[i].offset;
}

}  // namespace tacho
