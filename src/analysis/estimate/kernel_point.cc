#include "analysis/estimate/kernel_point.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "op/op_def.h"

namespace tacho {
namespace {

/// A reason less the numbers in it ("4718592 products", "2.6.3", "instead of 5914624;"): what is left names the
/// algorithm. Words that mix digits and letters stay: "F(4x4,3x3)", "avx2".
std::string algorithm_in(std::string_view kernel, std::string_view reason) {
  const std::string_view first = kernel.substr(0, kernel.find(' '));
  std::string words(kernel.find(' ') == std::string_view::npos ? std::string_view() : first);
  std::string word;
  for (size_t i = 0; i <= reason.size(); ++i) {
    if (i < reason.size() && reason[i] != ' ') {
      word += reason[i];
      continue;
    }
    const bool number = !word.empty() && word.find_first_not_of("0123456789.,:;") == std::string::npos;
    if (!word.empty() && !number) words += (words.empty() ? "" : " ") + word;
    word.clear();
  }
  return words;
}

double octaves(double size) { return std::log2(1 + std::max(size, 0.0)); }

double bytes_of(const TensorType& type) { return double(byte_count(type.shape, type.dtype)); }

void add(KernelPoint& point, std::string name, double value) {
  point.names.push_back(std::move(name));
  point.x.push_back(value);
}

/// What is computed in whole vectors, or in tiles of two of them, is rounded up to that.
void add_rounding(KernelPoint& point, std::string_view name, int64_t size) {
  for (int64_t width : {16, 32})
    add(point, text_of(name, " of ", width),
        std::log2(double((size + width - 1) / width * width) / double(std::max<int64_t>(size, 1))));
}

void add_extents(KernelPoint& point, const Shape& shape) {
  for (size_t i = 0; i < shape.size(); ++i) add(point, text_of("extent ", i), octaves(double(shape[i])));
  for (size_t i = 0; i < std::min<size_t>(shape.size(), 2); ++i) add_rounding(point, text_of("extent ", i), shape[i]);
}

/// What a group is: its anchor, or, where that only makes the gradient that the next ones read, the first of these.
const GroupMember& member_that_names(const Group& group) {
  for (size_t i = size_t(group.anchor); i < group.members.size(); ++i)
    if (group.members[i].op->name != "relu_backward" && group.members[i].op->name != "max_pool2d_backward")
      return group.members[i];
  return group.anchor_member();
}

}  // namespace

KernelPoint point_of_run(const Group& group, std::string_view backend, std::string_view kernel, std::string_view reason,
                         double executed) {
  KernelPoint point;
  const GroupMember& anchor = member_that_names(group);
  point.op = anchor.op->name;
  const TensorTypes in = group.input_types(anchor), out = group.output_types(anchor);
  std::string symbols;
  for (const auto& [symbol, value] : anchor.op->dimensions({anchor.attributes, in, out})) {
    symbols += (symbols.empty() ? "" : ",") + std::string(symbol);
    add(point, std::string(symbol), octaves(double(value)));
  }
  // Alone all is in the caches, whether it comes in slices or as a whole.
  double bytes_in = 0, largest = 0, bytes_out = 0;
  int last = 0, opaque = 0;
  for (int index : group.inputs) {
    const GroupOperand& operand = group.operands[size_t(index)];
    bytes_in += bytes_of(operand.type);
    largest = std::max(largest, bytes_of(operand.type));
    last += operand.layout.is_channels_last();
    opaque += operand.layout.kind != Layout::plain;
  }
  for (int index : group.outputs) bytes_out += bytes_of(group.operands[size_t(index)].type);
  int bias = 0, sum = 0, activation = 0, pooling = 0, other = 0;
  for (const GroupMember& member : group.members) {
    point.work +=
        double(work(tally_of(*member.op, {member.attributes, group.input_types(member), group.output_types(member)})));
    if (&member == &anchor || member.op->has(Trait::view)) continue;
    if (member.op->has(Trait::bias)) ++bias;
    else if (member.op->has(Trait::activation)) ++activation;
    else if (member.op->has(Trait::pooling)) ++pooling;
    else if (member.op->name == "add") ++sum;
    else ++other;
  }
  point.bytes = bytes_in + bytes_out;
  point.executed = executed > 0 ? executed : point.work;
  add(point, "work", octaves(point.work));
  add(point, "executed", octaves(point.executed));
  add(point, "bytes of largest", octaves(largest));
  add(point, "bytes of others", octaves(bytes_in - largest));
  add(point, "bytes out", octaves(bytes_out));
  add(point, "bias", bias);
  add(point, "sum", sum);
  add(point, "activation", activation);
  add(point, "pooling", pooling);
  add(point, "other", other);
  add(point, "channels last", last);
  add(point, "opaque", opaque);
  add(point, "partial", group.has_partial());
  for (const auto& [symbol, value] : anchor.op->dimensions({anchor.attributes, in, out}))
    if (symbol == "C" || symbol == "K" || symbol == "n" || symbol == "k") add_rounding(point, symbol, value);
  point.family = text_of(backend, "|", point.op, "(", symbols, ")|", algorithm_in(kernel, reason));
  return point;
}

KernelPoint point_of_pack(std::string_view backend, std::string_view kernel, std::string_view op,
                          const TensorType& type, int64_t bytes) {
  KernelPoint point;
  point.op = "pack";
  const double in = bytes_of(type);
  point.work = point.executed = in / double(size_of(type.dtype));
  point.bytes = in + double(bytes);
  add(point, "bytes in", octaves(in));
  add(point, "bytes out", octaves(double(bytes)));
  add_extents(point, type.shape);
  point.family =
      text_of(backend, "|pack|", kernel.substr(0, kernel.find_first_of(" +")), "|", op, "|", type.shape.size());
  return point;
}

KernelPoint point_of_reorder(std::string_view backend, const TensorType& type, const Layout& from, const Layout& to) {
  KernelPoint point;
  point.op = "reorder";
  point.work = point.executed = double(element_count(type.shape));
  point.bytes = 2 * bytes_of(type);
  add(point, "bytes", octaves(point.bytes));
  add_extents(point, type.shape);
  const auto name = [](const Layout& layout) {
    return layout.kind == Layout::opaque ? "opaque" : layout.is_row_major() ? "row-major" : "permuted";
  };
  point.family = text_of(backend, "|reorder|", name(from), " to ", name(to), "|", type.shape.size());
  return point;
}

KernelPoint point_of(const KernelCall& call) {
  switch (call.kind) {
    case KernelCall::pack:
      return point_of_pack(call.backend, call.offer->name, call.group->anchor_member().op->name, call.type,
                           int64_t(call.offer->packs[call.pack_index].bytes));
    case KernelCall::reorder:
      return point_of_reorder(call.backend, call.type, call.from, call.to);
    case KernelCall::run:
      break;
  }
  // Nearly: filters that are transformed by each call are not fewer in a smaller slice.
  const double part = call.offered > 0 ? double(call.slice.count) / double(call.offered) : 1;
  return point_of_run(*call.group, call.backend, call.offer->name, call.offer->reason,
                      part * double(work(call.offer->executed.tally)));
}

namespace {

/// The group with the shapes of a slice of `examples` in place of `full`.
Group with_slice(Group group, int64_t examples, int64_t full) {
  for (GroupOperand& operand : group.operands)
    if (operand.state.kind == SliceState::sliced && !operand.type.shape.empty())
      operand.type.shape[0] = operand.type.shape[0] / full * examples;
  return group;
}

/// Of one slice's part where it is taken in slices.
TensorType sliced_type(const Plan& plan, const PlannedNode& node, const OperandUse& use) {
  TensorType type = plan.values[size_t(use.value)].type;
  const int64_t examples = plan.examples_in(node.order);
  if (use.sliced && examples > 0 && !type.shape.empty()) type.shape[0] = examples * use.rows;
  return type;
}

/// Work of the node's kernel over the whole batch, without joining slices' partials.
double executed_by_kernel(const Plan& plan, const PlannedNode& node) {
  Tally tally = node.executed.tally;
  if (node.sliced)
    for (const OperandUse& use : node.outputs)
      if (use.partial)
        tally.add -=
            (plan.slices_in(node.order) - plan.lanes) * element_count(plan.values[size_t(use.value)].type.shape);
  return double(work(tally));
}

int root_of(const Plan& plan, int value) {
  while (plan.values[size_t(value)].root != value) value = plan.values[size_t(value)].root;
  return value;
}

KernelPoint copy_point(const char* op, double bytes, double work) {
  KernelPoint point;
  point.op = op;
  point.family = text_of("plan|", op);
  point.work = point.executed = work;
  point.bytes = bytes;
  add(point, "bytes", octaves(bytes));
  return point;
}

}  // namespace

NodeCalls calls_of(const Plan& plan, int n) {
  NodeCalls result;
  const PlannedNode& node = plan.nodes[size_t(n)];
  if (node.kind == PlannedNode::view || node.prepared) return result;
  const bool sliced = node.sliced && plan.slices > 0;
  const int64_t slices = plan.slices_in(node.order), full = std::max<int64_t>(plan.examples_in(node.order), 1);
  // Slices differ by one example at most.
  const int64_t batch = std::max<int64_t>(plan.slicing.batch, 1);  // 0 where nothing is sliced
  const int64_t smaller = sliced ? slices * full - plan.slicing.batch : 0;
  const auto parts = [&](auto&& point_with) {
    if (!sliced) {
      result.parts.push_back({point_with(full), 1, batch});
      return;
    }
    if (slices > smaller) result.parts.push_back({point_with(full), slices - smaller, full});
    if (smaller > 0) result.parts.push_back({point_with(full - 1), smaller, full - 1});
  };
  switch (node.kind) {
    case PlannedNode::compute: {
      const double executed = executed_by_kernel(plan, node) / (sliced ? double(batch) : double(full));
      parts([&](int64_t examples) {
        return point_of_run(!sliced || examples == full ? node.group : with_slice(node.group, examples, full),
                            node.backend, node.kernel_name, node.reason, executed * double(examples));
      });
      break;
    }
    case PlannedNode::reorder:
      parts([&](int64_t examples) {
        TensorType type = sliced_type(plan, node, node.inputs[0]);
        if (sliced) type.shape[0] = examples * node.inputs[0].rows;
        return point_of_reorder(node.backend, type, plan.values[size_t(node.inputs[0].value)].layout,
                                plan.values[size_t(node.outputs[0].value)].layout);
      });
      break;
    case PlannedNode::pack: {
      const std::string_view reader = std::string_view(node.reason).substr(sizeof "operand in the form that " - 1);
      // Whoever reads the packed operand names the family.
      std::string_view op;
      for (const PlannedNode& other : plan.nodes)
        for (int pack : other.packs)
          if (pack == node.outputs[0].value) op = other.op;
      result.parts.push_back({point_of_pack(node.backend, reader, op, plan.values[size_t(node.inputs[0].value)].type,
                                            plan.values[size_t(node.outputs[0].value)].type.shape[0]),
                              1, batch});
      break;
    }
    case PlannedNode::combine: {
      const PlannedNode& source = plan.nodes[size_t(node.combined)];
      double out = 0;
      for (const OperandUse& use : node.outputs) out += bytes_of(plan.values[size_t(use.value)].type);
      KernelPoint point = copy_point("combine", double(source.partial_bytes) * plan.lanes + out, out / 4);
      point.family += text_of("|", source.backend, "|", source.op);
      add(point, "partial bytes", octaves(double(source.partial_bytes)));
      add(point, "lanes", plan.lanes);
      result.parts.push_back({point, 1, batch});
      break;
    }
    case PlannedNode::commit: {
      const double bytes = bytes_of(plan.values[size_t(node.inputs[0].value)].type);
      result.parts.push_back({copy_point("commit", 2 * bytes, bytes / 4), 1, batch});
      break;
    }
    case PlannedNode::view:
      break;
  }
  double local = 0, crossing = 0, whole = 0;
  const auto count = [&](const OperandUse& use) {
    if (use.value < 0 || use.partial) return;
    const double bytes = bytes_of(sliced_type(plan, node, use));
    const Storage storage = plan.values[size_t(root_of(plan, use.value))].storage;
    (storage == Storage::local ? local : use.sliced ? crossing : whole) += bytes;
  };
  for (const OperandUse& use : node.inputs) count(use);
  for (const OperandUse& use : node.outputs) count(use);
  for (int pack : node.packs) whole += bytes_of(plan.values[size_t(pack)].type);
  double segment = 0;
  for (const PlannedNode& other : plan.nodes) {
    if (other.kind == PlannedNode::view || other.order != node.order) continue;
    segment += double(other.partial_bytes);
    for (int pack : other.packs) segment += bytes_of(plan.values[size_t(pack)].type);
    if (other.packs.empty())
      for (const OperandUse& use : other.inputs)
        if (use.value >= 0 && !use.sliced) segment += bytes_of(plan.values[size_t(use.value)].type);
  }
  const double values[] = {octaves(local),
                           octaves(crossing),
                           octaves(whole),
                           octaves(double(node.partial_bytes)),
                           octaves(double(plan.local_bytes)),
                           octaves(segment),
                           octaves(double(plan.shared_bytes)),
                           sliced ? 1.0 : 0.0};
  std::copy(std::begin(values), std::end(values), result.context);
  return result;
}

StepCalls step_calls_of(const Plan& plan) {
  StepCalls calls;
  for (const Stage& stage : plan.stages) {
    calls.stages += !stage.tasks.empty();
    for (const Task& task : stage.tasks) calls.items += int64_t(task.items.size());
  }
  std::set<int> waiting;
  for (const std::vector<int>& successors : plan.successors) waiting.insert(successors.begin(), successors.end());
  calls.waits = int64_t(waiting.size());
  return calls;
}

}  // namespace tacho
