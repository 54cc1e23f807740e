#include "plan/row.h"

#include <algorithm>
#include <set>

namespace tacho {
namespace {

/// Bytes of the part of an operand that a call on this slice gets.
int64_t part_bytes(const Plan& plan, const OperandUse& use, const Slice& slice) {
  const PlannedValue& value = plan.values[size_t(use.value)];
  const int64_t whole = byte_count(value.type.shape, value.type.dtype);
  const bool opaque = value.layout.kind == Layout::opaque;
  if (!use.sliced) return opaque ? value.layout.bytes : whole;
  if (opaque) return value.layout.bytes * slice.count / std::max<int64_t>(plan.examples_in(value.order), 1);
  const int64_t rows = value.type.shape.empty() ? 1 : std::max<int64_t>(value.type.shape[0], 1);
  return whole / rows * slice.count * use.rows;
}

struct CallBytes {
  int64_t read = 0, written = 0, touched = 0;
};

CallBytes bytes_of_call(const Plan& plan, const PlannedNode& node, const Item& item) {
  CallBytes bytes;
  std::set<int> memory;  // in place: an output's memory is an input's
  const auto touch = [&](int value, int64_t size) {
    int root = value;
    while (plan.values[size_t(root)].root != root) root = plan.values[size_t(root)].root;
    if (!memory.insert(root).second) return;
    // A node that is split over its own rows goes through all of an operand once a step, so that its parts come from
    // where all of it fits.
    const TensorType& type = plan.values[size_t(root)].type;
    bytes.touched += node.split_rows > 0 ? byte_count(type.shape, type.dtype) : size;
  };
  // Of a call that is divided by its kernel's units, each part is given its share of what all together move.
  const auto share = [&](int64_t size) {
    const auto [begin, count, total] = item.slice;
    return node.by_units && total > 0 ? size * (begin + count) / total - size * begin / total : size;
  };
  // A packed operand is read in the kernel's own form, not as it was.
  std::set<size_t> packed;
  if (node.kind == PlannedNode::compute)
    for (int pack : node.packs)
      for (const PlannedNode& other : plan.nodes)
        if (other.kind == PlannedNode::pack && other.outputs[0].value == pack)
          for (size_t i = 0; i < node.inputs.size(); ++i)
            if (node.inputs[i].value == other.inputs[0].value) packed.insert(i);
  for (int pack : node.packs) {
    const int64_t size = plan.values[size_t(pack)].type.shape[0];
    bytes.read += share(size);
    touch(pack, size);
  }
  int64_t written = 0;
  for (const OperandUse& use : node.outputs) {
    if (use.value < 0 || use.partial) continue;
    const int64_t size = part_bytes(plan, use, item.slice);
    written += share(size);
    touch(use.value, size);
  }
  bytes.written = written;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const OperandUse& use = node.inputs[i];
    if (use.value < 0 || packed.count(i)) continue;
    int64_t size = part_bytes(plan, use, item.slice);
    // What copies by index (a slice, rows of a table) reads no more of its source than it writes.
    const bool moves = node.group.members.size() == 1 && node.group.members[0].op->has(Trait::movement);
    if (moves && is_floating(plan.values[size_t(use.value)].type.dtype)) size = std::min(size, written);
    bytes.read += share(size);
    touch(use.value, size);
  }
  if (node.partial_bytes > 0) {
    bytes.written += node.partial_bytes;
    bytes.read += item.first_in_lane ? 0 : node.partial_bytes;
    bytes.touched += node.partial_bytes;
  }
  if (node.kind == PlannedNode::combine) {
    const int64_t all = plan.lanes * plan.nodes[size_t(node.combined)].partial_bytes;
    const int64_t rows = std::max<int64_t>(node.split_rows, 1), end = item.slice.begin + item.slice.count;
    const int64_t partials = node.split_rows > 0 ? all * end / rows - all * item.slice.begin / rows : all;
    bytes.read += partials;
    bytes.touched += all;
  }
  return bytes;
}

std::string_view dtype_of_node(const Plan& plan, const PlannedNode& node) {
  if (node.bfloat16) return "bfloat16";
  for (const std::vector<int>* operands : {&node.group.inputs, &node.group.outputs})
    for (int index : *operands)
      if (const DType dtype = node.group.operands[size_t(index)].type.dtype; is_floating(dtype)) return name_of(dtype);
  for (const auto* uses : {&node.inputs, &node.outputs})
    for (const OperandUse& use : *uses)
      if (use.value >= 0 && is_floating(plan.values[size_t(use.value)].type.dtype))
        return name_of(plan.values[size_t(use.value)].type.dtype);
  return name_of(DType::float32);
}

std::vector<Traffic> traffic_of(const Plan& plan) {
  std::vector<Traffic> traffic(plan.nodes.size());
  for (const Stage& stage : plan.stages)
    for (const Task& task : stage.tasks)
      for (const Item& item : task.items) {
        const CallBytes bytes = bytes_of_call(plan, plan.nodes[size_t(item.node)], item);
        Traffic& sum = traffic[size_t(item.node)];
        ++sum.calls;
        sum.bytes_read += bytes.read;
        sum.bytes_written += bytes.written;
        sum.working_set_bytes = std::max(sum.working_set_bytes, bytes.touched);
      }
  return traffic;
}

}  // namespace

std::vector<NodeRow> rows_of(const Plan& plan) {
  const std::vector<Traffic> traffic = traffic_of(plan);
  std::vector<NodeRow> rows;
  for (size_t n = 0; n < plan.nodes.size(); ++n) {
    const PlannedNode& node = plan.nodes[n];
    std::vector<int> members;
    for (int member : node.members)
      if (const int source = plan.graph.source(member); source >= 0) members.push_back(source);
    rows.push_back({node.kind, node.path, node.op, node.place, std::move(members),
                    node.anchor < 0 ? -1 : plan.graph.source(node.anchor), node.backend, node.kernel_name, node.reason,
                    node.refusals, node.executed, traffic[n], std::string(dtype_of_node(plan, node)), node.tuned_ns});
  }
  return rows;
}

}  // namespace tacho
