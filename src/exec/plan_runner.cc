#include "exec/plan_runner.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace tacho {
namespace {

/// One call's operands: room for as many as there may be, of which only those that there are are written. Small nodes
/// take less time than clearing all of it.
class Views {
 public:
  void push_back(const View& view) {
    TACHO_CHECK(size_ < kMaxOperands, "more operands than a node may have");
    new (memory_ + size_++ * sizeof(View)) View(view);
  }
  const View& operator[](size_t i) const { return data()[i]; }
  operator std::span<const View>() const { return {data(), size_}; }

 private:
  static_assert(std::is_trivially_destructible_v<View>);
  const View* data() const { return std::launder(reinterpret_cast<const View*>(memory_)); }
  alignas(View) std::byte memory_[kMaxOperands * sizeof(View)];
  size_t size_ = 0;
};

}  // namespace

PlanRunner::PlanRunner(const Plan& plan, int threads, int32_t first_node)
    : plan_(plan), first_node_(first_node), bound_(plan.slots.size()), shared_(size_t(plan.shared_bytes)) {
  for (int t = 0; t < threads; ++t) {
    local_.push_back(std::make_unique<Buffer>(size_t(plan.local_bytes)));
    workspace_.push_back(std::make_unique<Buffer>(size_t(plan.workspace_bytes)));
  }
  graph_.successors = plan.successors;
  graph_.predecessors.assign(plan.successors.size(), 0);
  for (const std::vector<int>& successors : plan.successors)
    for (int next : successors) ++graph_.predecessors[size_t(next)];
  for (const PlannedNode& node : plan.nodes) {
    joins_.push_back(node.kind == PlannedNode::combine && node.split_rows > 0 ? row_join_of(*node.kernel) : nullptr);
    parts_.push_back(node.by_units ? part_run_of(*node.kernel) : nullptr);
  }
  place_as_planned();
}

void PlanRunner::place_as_planned() {
  addresses_.clear();
  partials_.clear();
  for (size_t v = 0; v < plan_.values.size(); ++v) {
    size_t root = v;
    while (plan_.values[root].root != int(root)) root = size_t(plan_.values[root].root);
    const PlannedValue& value = plan_.values[root];
    Address address;
    address.storage = value.storage;
    address.slot = value.slot;
    address.offset = value.offset;
    if (value.storage == Storage::constant) address.fixed = static_cast<std::byte*>(value.constant.view().data);
    if (value.storage == Storage::shared) address.fixed = static_cast<std::byte*>(shared_.data()) + value.offset;
    addresses_.push_back(address);
  }
  for (const PlannedNode& node : plan_.nodes)
    partials_.push_back(node.partial_bytes > 0 ? static_cast<std::byte*>(shared_.data()) + node.partial_offset
                                               : nullptr);
}

std::byte* PlanRunner::base_of(int value, int thread) const {
  const Address& address = addresses_[size_t(value)];
  switch (address.storage) {
    case Storage::external:
      // Variables and outputs are bound by the executors; an input is left to who calls them.
      if (!bound_[size_t(address.slot)]) fail("input '", plan_.slots[size_t(address.slot)].name, "' is not bound");
      return static_cast<std::byte*>(bound_[size_t(address.slot)]);
    case Storage::local:
      return static_cast<std::byte*>(local_[size_t(thread)]->data()) + address.offset;
    case Storage::constant:
    case Storage::shared:
      return address.fixed;
    case Storage::none:
      break;
  }
  TACHO_CHECK(false, "value ", value, " has no memory");
  return nullptr;
}

View PlanRunner::operand_view(const OperandUse& use, const Slice& slice, int thread) const {
  if (use.value < 0 || use.partial) return {nullptr, {DType::boolean, {}}};
  const PlannedValue& value = plan_.values[size_t(use.value)];
  View view{base_of(use.value, thread), value.type};
  if (!use.sliced) return view;
  const bool local = addresses_[size_t(use.value)].storage == Storage::local;
  if (value.layout.kind == Layout::opaque) {
    if (!local)
      view.data = static_cast<std::byte*>(view.data) + plan_.slice_at(slice.begin, value.order) * value.layout.bytes;
    view.type.shape[0] = slice.count * use.rows;
    return view;
  }
  view.type.shape[0] = 1;
  const int64_t row_bytes = int64_t(size_of(view.type.dtype)) * element_count(view.type.shape);
  if (!local) view.data = static_cast<std::byte*>(view.data) + slice.begin * use.rows * row_bytes;
  view.type.shape[0] = slice.count * use.rows;
  return view;
}

View PlanRunner::view_of(Value value) const { return {base_of(value.id, 0), plan_.values[size_t(value.id)].type}; }

std::vector<TouchedPart> PlanRunner::first_touches() const {
  const int threads = int(local_.size());
  std::vector<TouchedPart> parts;
  for (int t = 0; t < threads; ++t)
    for (const std::unique_ptr<Buffer>* own : {&local_[size_t(t)], &workspace_[size_t(t)]})
      if ((*own)->bytes() > 0) parts.push_back({static_cast<std::byte*>((*own)->data()), (*own)->bytes(), t});
  // Values share memory by lifetime: the first of them says whose a page is.
  std::vector<int> owners((size_t(plan_.shared_bytes) + kPageBytes - 1) / kPageBytes, -1);
  const auto share = [&](int64_t offset, int64_t bytes, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      const int64_t begin = offset + bytes * i / count, end = offset + bytes * (i + 1) / count;
      for (int64_t page = begin / int64_t(kPageBytes); page * int64_t(kPageBytes) < end; ++page)
        if (owners[size_t(page)] < 0) owners[size_t(page)] = int(i * threads / count);
    }
  };
  for (size_t v = 0; v < plan_.values.size(); ++v)
    if (const PlannedValue& value = plan_.values[v]; value.root == int(v) && value.storage == Storage::shared)
      share(value.offset, value.bytes, plan_.lanes);
  for (const PlannedNode& node : plan_.nodes)
    if (node.partial_bytes > 0) share(node.partial_offset, node.partial_bytes * plan_.lanes, plan_.lanes);
  std::byte* const shared = static_cast<std::byte*>(shared_.data());
  for (size_t page = 0; page < owners.size();) {
    size_t end = page;
    while (end < owners.size() && owners[end] == owners[page]) ++end;
    const size_t begin_bytes = page * kPageBytes, end_bytes = std::min(end * kPageBytes, shared_.bytes());
    parts.push_back({shared + begin_bytes, end_bytes - begin_bytes, std::max(owners[page], 0)});
    page = end;
  }
  return parts;
}

void PlanRunner::prepare() {
  for (const PlannedNode& node : plan_.nodes) {
    if (!node.prepared) continue;
    if (node.kind == PlannedNode::pack) {
      node.kernel->pack(size_t(node.pack_index), operand_view(node.inputs[0], {}, 0),
                        base_of(node.outputs[0].value, 0));
      continue;
    }
    SmallVector<View, kMaxOperands> inputs, outputs;
    for (const OperandUse& use : node.inputs) inputs.push_back(operand_view(use, {}, 0));
    for (const OperandUse& use : node.outputs) outputs.push_back(operand_view(use, {}, 0));
    const int64_t rows = outputs[0].shape().empty() ? 1 : outputs[0].shape()[0];
    const RunStatus status = node.kernel->run({inputs, outputs, {0, rows, rows}, workspace_[0]->data(), {}});
    while (!status.done() && !status.event->done()) {
    }
  }
}

void PlanRunner::run(int stage, int task, Worker& worker) {
  const Task& items = plan_.stages[size_t(stage)].tasks[size_t(task)];
  if (holding_) return run_holding(stage, items, worker);
  for (const Item& item : items.items) run_item(item, worker);
}

void PlanRunner::run_item(const Item& item, Worker& worker) {
  if (item.node == skipped_node_) return;
  worker.kernel(first_node_ + item.node, [&] { call(item, worker.thread()); });
}

void PlanRunner::call(const Item& item, int thread) {
  const PlannedNode& node = plan_.nodes[size_t(item.node)];
  Views inputs, outputs;
  for (const OperandUse& use : node.inputs) inputs.push_back(operand_view(use, item.slice, thread));
  for (const OperandUse& use : node.outputs) outputs.push_back(operand_view(use, item.slice, thread));
  const auto partial_of = [&](int owner, int lane) {
    return partials_[size_t(owner)] + lane * plan_.nodes[size_t(owner)].partial_bytes;
  };
  switch (node.kind) {
    case PlannedNode::compute:
    case PlannedNode::reorder: {
      SmallVector<const void*, kMaxOperands> packed;
      for (int pack : node.packs) packed.push_back(base_of(pack, thread));
      const KernelRun run{inputs, outputs, item.slice, workspace_[size_t(thread)]->data(), packed};
      RunStatus status;
      if (node.partial_bytes > 0) {
        void* partial = partial_of(item.node, item.lane);
        if (item.first_in_lane) node.kernel->begin(partial);
        status = node.kernel->accumulate(run, partial);
      } else if (const PartRun* parts = parts_[size_t(item.node)]; parts && item.slice.count < item.slice.total) {
        status = parts->run_part(run);
      } else {
        status = node.kernel->run(run);
      }
      while (!status.done() && !status.event->done()) {
      }
      break;
    }
    case PlannedNode::combine: {
      // A binary tree over the lanes: the same order of additions for any number of threads.
      const PlannedNode& source = plan_.nodes[size_t(node.combined)];
      if (const RowJoin* join = joins_[size_t(item.node)]) {
        join->join_rows({partial_of(node.combined, 0), source.partial_bytes, plan_.lanes}, item.slice, outputs[0]);
        break;
      }
      for (int step = 1; step < plan_.lanes; step *= 2)
        for (int lane = 0; lane + step < plan_.lanes; lane += 2 * step)
          node.kernel->combine(partial_of(node.combined, lane), partial_of(node.combined, lane + step));
      Views all;  // as the kernel knows them: sliced outputs are null
      size_t k = 0;
      for (const OperandUse& use : source.outputs)
        all.push_back(use.partial ? outputs[k++] : View{nullptr, {DType::boolean, {}}});
      node.kernel->finish(partial_of(node.combined, 0), all);
      break;
    }
    case PlannedNode::pack:
      node.kernel->pack(size_t(node.pack_index), inputs[0], outputs[0].data);
      break;
    case PlannedNode::commit:
      std::memcpy(outputs[0].data, inputs[0].data, size_t(inputs[0].bytes()));
      break;
    case PlannedNode::view:
      break;
  }
}

}  // namespace tacho
