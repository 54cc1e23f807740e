// Times of single kernels, by which the plan chooses between backends.
#include "plan/measure.h"

#include <malloc.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>

#include "base/clock.h"
#include "op/part_run.h"
#include "ops/max_pool2d_backward.h"
#include "ops/pool_geometry.h"
#include "plan/tuning.h"

namespace tacho {
namespace {

/// Floating numbers near 1 in size (never denormal), zeros for indices and labels, which are valid everywhere, and 1
/// for a whole number of its own: an update's step, which counts from there.
void fill(void* memory, const TensorType& type, size_t bytes) {
  const auto numbers = [&](auto* data) {
    using T = std::remove_reference_t<decltype(*data)>;
    for (size_t i = 0; i < bytes / sizeof *data; ++i) data[i] = T(int64_t(i * 2654435761u % 1021) - 510) / T(500);
  };
  if (type.dtype == DType::float32) numbers(static_cast<float*>(memory));
  else if (type.dtype == DType::float64) numbers(static_cast<double*>(memory));
  else std::fill_n(static_cast<uint8_t*>(memory), bytes, uint8_t{0});
  if (type == TensorType{DType::int64, {}}) *static_cast<int64_t*>(memory) = 1;
}

size_t bytes_of(const TensorType& type, const Layout& layout) {
  return layout.kind == Layout::opaque ? size_t(layout.bytes) : size_t(byte_count(type.shape, type.dtype));
}

/// Calls f(window i, window j, where its element lies) for all elements of images in this layout; for none in layouts
/// that only their owner knows.
template <class F>
void for_each_place(const Shape& images, const Layout& layout, F f) {
  const bool blocked = layout.kind == Layout::blocked;
  const int64_t block = blocked ? layout.block : 1;
  if (layout.kind == Layout::opaque || (blocked && (layout.block_axis != 1 || images[1] % block != 0))) return;
  int64_t step[4], elements = 1;
  for (size_t axis = 4; axis-- > 0;) {
    const size_t at = layout.permutation.empty() ? axis : size_t(layout.permutation[axis]);
    step[at] = elements, elements *= images[at];
  }
  for (int64_t plane = 0; plane < images[0] * images[1]; ++plane)
    for (int64_t i = 0; i < images[2]; ++i)
      for (int64_t j = 0; j < images[3]; ++j)
        f(i, j,
          blocked ? ((plane / block * images[2] + i) * images[3] + j) * block + plane % block
                  : plane / images[1] * step[0] + plane % images[1] * step[1] + i * step[2] + j * step[3]);
}

/// Max pooling's gradient is told places within its windows and the image, as pooling finds its maxima, in no order:
/// all to one place would be a pattern that the processor foresees. Others keep their zeros, and so do layouts that
/// only their owner knows.
void fill_positions(const Group& group, std::span<const View> inputs, const std::vector<Layout>& layouts) {
  for (const GroupMember& member : group.members) {
    if (member.op->name != "max_pool2d_backward") continue;
    const auto at =
        size_t(std::find(group.inputs.begin(), group.inputs.end(), member.inputs[1]) - group.inputs.begin());
    if (at >= inputs.size() || !inputs[at].data || inputs[at].elements() == 0) continue;
    const PoolGeometry g = pool_geometry(member.attributes.as<MaxPool2dBackwardAttributes>().pool,
                                         group.operands[size_t(member.outputs[0])].type.shape);
    uint32_t drawn = 1;
    const auto within = [&](const WindowAxis& axis, int64_t window, uint32_t any) {
      const int64_t place = axis.place(window, 0), first = std::max<int64_t>(-place, 0);
      return first + any % (std::min(axis.kernel, axis.in - place) - first);
    };
    with_max_pool2d_index(inputs[at], [&](auto* index) {
      for_each_place(
          inputs[at].shape(), layouts.empty() ? Layout{} : layouts[at], [&](int64_t i, int64_t j, int64_t to) {
            drawn = drawn * 1664525u + 1013904223u;
            const int64_t tap = within(g.rows, i, drawn >> 8) * g.columns.kernel + within(g.columns, j, drawn >> 20);
            index[to] = std::remove_reference_t<decltype(*index)>(tap);
          });
    });
  }
}

void fill_positions_of(const Plan& plan, const PlannedNode& node, std::span<const View> inputs) {
  if (node.kind != PlannedNode::compute) return;
  std::vector<Layout> layouts;
  for (const OperandUse& use : node.inputs)
    layouts.push_back(use.value < 0 ? Layout{} : plan.values[size_t(use.value)].layout);
  fill_positions(node.group, inputs, layouts);
}

/// Has all pages given: a step's memory was touched long before, and giving pages may take longer than the kernel (150
/// ms for the 38 MB of sums of a Winograd gradient of 512 by 512 filters, which itself takes 15). A long call is timed
/// once only, so that it would be measured with them.
void touch(Buffer& buffer, size_t bytes) { std::memset(buffer.data(), 0, bytes); }

/// The least of several calls: at least three, and enough to see through the clock, unless one takes long.
int64_t least_time(const std::function<void()>& call) {
  constexpr int64_t kEnough = 400'000, kLong = 50'000'000;  // nanoseconds
  constexpr int kFewest = 3, kMost = 40;
  int64_t begin = now_ns();
  call();  // warms up: page faults, code, caches
  int64_t spent = now_ns() - begin, least = spent;
  if (spent > kLong) return least;
  spent = 0;
  for (int i = 0; i < kMost && (i < kFewest || spent < kEnough); ++i) {
    begin = now_ns();
    call();
    const int64_t ns = now_ns() - begin;
    least = std::min(least, ns);
    spent += ns;
  }
  return std::max<int64_t>(least, 1);
}

void wait_for(RunStatus status) {
  while (!status.done() && !status.event->done()) {
  }
}

/// Memory of a node's own operands for one call, filled with numbers.
class Operands {
 public:
  Operands(const Plan& plan, const PlannedNode& node, const Slice& slice) : plan_(plan), slice_(slice) {
    for (const OperandUse& use : node.inputs) inputs.push_back(view_of(use));
    for (const OperandUse& use : node.outputs) outputs.push_back(view_of(use));
    fill_positions_of(plan, node, inputs);
  }
  void* bytes(size_t size) {
    memory_.push_back(std::make_unique<Buffer>(size));
    touch(*memory_.back(), size);
    return memory_.back()->data();
  }
  SmallVector<View, kMaxOperands> inputs, outputs;

 private:
  View view_of(const OperandUse& use) {
    if (use.value < 0 || use.partial) return {nullptr, {DType::boolean, {}}};
    const PlannedValue& value = plan_.values[size_t(use.value)];
    TensorType type = value.type;
    if (use.sliced) type.shape[0] = slice_.count * use.rows;
    const size_t size = bytes_of(type, value.layout);
    // What the plan overwrites in place is here, too: other memory would be twice the traffic.
    int root = use.value;
    while (plan_.values[size_t(root)].root != root) root = plan_.values[size_t(root)].root;
    if (const auto known = owned_.find(root); known != owned_.end() && known->second.second >= size)
      return {known->second.first, type};
    void* data = bytes(size);
    fill(data, type, size);
    owned_[root] = {data, size};
    return {data, type};
  }
  const Plan& plan_;
  Slice slice_;
  std::vector<std::unique_ptr<Buffer>> memory_;
  std::map<int, std::pair<void*, size_t>> owned_;  ///< by value that owns the memory
};

int64_t time_of_call(const Plan& plan, const PlannedNode& node, const Slice& slice) {
  Operands operands(plan, node, slice);
  const Kernel* kernel = node.kernel.get();
  switch (node.kind) {
    case PlannedNode::view:
      return 0;
    case PlannedNode::pack:
      return least_time([&] { kernel->pack(size_t(node.pack_index), operands.inputs[0], operands.outputs[0].data); });
    case PlannedNode::commit:
      return least_time(
          [&] { std::memcpy(operands.outputs[0].data, operands.inputs[0].data, size_t(operands.inputs[0].bytes())); });
    case PlannedNode::combine: {
      const PlannedNode& source = plan.nodes[size_t(node.combined)];
      std::vector<void*> lanes;
      for (int lane = 0; lane < plan.lanes; ++lane) {
        lanes.push_back(operands.bytes(size_t(source.partial_bytes)));
        kernel->begin(lanes.back());
      }
      SmallVector<View, kMaxOperands> all;
      size_t k = 0;
      for (const OperandUse& use : source.outputs)
        all.push_back(use.partial ? operands.outputs[k++] : View{nullptr, {DType::boolean, {}}});
      return least_time([&] {
        for (int step = 1; step < plan.lanes; step *= 2)
          for (int lane = 0; lane + step < plan.lanes; lane += 2 * step)
            kernel->combine(lanes[size_t(lane)], lanes[size_t(lane + step)]);
        kernel->finish(lanes[0], all);
      });
    }
    case PlannedNode::compute:
    case PlannedNode::reorder:
      break;
  }
  SmallVector<const void*, kMaxOperands> packed;
  for (int pack : node.packs) {
    const auto packs = [&](const PlannedNode& n) { return n.kind == PlannedNode::pack && n.outputs[0].value == pack; };
    const PlannedNode& packer = *std::find_if(plan.nodes.begin(), plan.nodes.end(), packs);
    Operands own(plan, packer, {0, 1, 1});
    void* data = operands.bytes(size_t(plan.values[size_t(pack)].type.shape[0]));
    packer.kernel->pack(size_t(packer.pack_index), own.inputs[0], data);
    packed.push_back(data);
  }
  const KernelRun run{operands.inputs, operands.outputs, slice, operands.bytes(size_t(node.workspace_bytes)), packed};
  if (node.by_units && slice.count < slice.total)
    return least_time([&] { wait_for(part_run_of(*kernel)->run_part(run)); });
  if (node.partial_bytes == 0) return least_time([&] { wait_for(kernel->run(run)); });
  void* partial = operands.bytes(size_t(node.partial_bytes));
  kernel->begin(partial);
  return least_time([&] { wait_for(kernel->accumulate(run, partial)); });
}

}  // namespace

void make_up_inputs(const Plan& plan, const PlannedNode& node, std::span<const View> inputs) {
  for (size_t i = 0; i < node.inputs.size(); ++i)
    if (inputs[i].data) {
      const Layout& layout = plan.values[size_t(node.inputs[i].value)].layout;
      fill(inputs[i].data, inputs[i].type, bytes_of(inputs[i].type, layout));
    }
  fill_positions_of(plan, node, inputs);
}

int64_t measure_alone(const Plan& plan, int index) {
  const PlannedNode& node = plan.nodes[size_t(index)];
  struct Calls {
    Slice slice;
    int64_t number = 0;
  };
  std::map<int64_t, Calls> by_count;  // slices of one length take as long
  int64_t lanes = 0;
  for (const Stage& stage : plan.stages)
    for (const Task& task : stage.tasks)
      for (const Item& item : task.items) {
        if (item.node != index) continue;
        Calls& calls = by_count.emplace(item.slice.count, Calls{item.slice}).first->second;
        ++calls.number;
        lanes += item.first_in_lane;
      }
  int64_t ns = 0;
  for (const auto& [count, calls] : by_count) ns += calls.number * time_of_call(plan, node, calls.slice);
  if (node.kind == PlannedNode::compute && node.partial_bytes > 0) {
    Buffer partial(size_t(node.partial_bytes));
    ns += lanes * least_time([&] { node.kernel->begin(partial.data()); });
  }
  return ns;
}

namespace {

int64_t measure_run(const KernelCall& call) {
  const Kernel& kernel = call.kernel;
  const Offer& offer = *call.offer;
  const Group& group = *call.group;
  std::vector<std::unique_ptr<Buffer>> memory;
  SmallVector<View, kMaxOperands> inputs, outputs;
  const auto operand = [&](int index, const std::vector<Layout>& layouts, size_t place) {
    const GroupOperand& from = group.operands[size_t(index)];
    const size_t bytes = bytes_of(from.type, layouts.empty() ? Layout{} : layouts[place]);
    memory.push_back(std::make_unique<Buffer>(bytes));
    fill(memory.back()->data(), from.type, bytes);
    return View{memory.back()->data(), from.type};
  };
  for (size_t i = 0; i < group.inputs.size(); ++i) inputs.push_back(operand(group.inputs[i], offer.input_layouts, i));
  for (size_t i = 0; i < group.outputs.size(); ++i) {
    if (group.operands[size_t(group.outputs[i])].state.kind == SliceState::partial)
      outputs.push_back({nullptr, {DType::boolean, {}}});
    else outputs.push_back(operand(group.outputs[i], offer.output_layouts, i));
  }
  fill_positions(group, inputs, offer.input_layouts);
  SmallVector<const void*, kMaxOperands> packed;
  for (size_t i = 0; i < offer.packs.size(); ++i) {
    memory.push_back(std::make_unique<Buffer>(offer.packs[i].bytes));
    touch(*memory.back(), offer.packs[i].bytes);
    kernel.pack(i, inputs[offer.packs[i].input], memory.back()->data());
    packed.push_back(memory.back()->data());
  }
  Buffer workspace(offer.workspace_bytes);
  touch(workspace, offer.workspace_bytes);
  const KernelRun run{inputs, outputs, call.slice, workspace.data(), packed};
  if (!group.has_partial()) return least_time([&] { wait_for(kernel.run(run)); });
  Buffer partial(kernel.partial_bytes());
  touch(partial, kernel.partial_bytes());
  kernel.begin(partial.data());
  return least_time([&] { wait_for(kernel.accumulate(run, partial.data())); });
}

int64_t measure_reorder(const Kernel& kernel, const TensorType& type, const Layout& from, const Layout& to) {
  Buffer in(bytes_of(type, from)), out(bytes_of(type, to));
  fill(in.data(), type, bytes_of(type, from));
  touch(out, bytes_of(type, to));
  const View input{in.data(), type}, output{out.data(), type};
  const int64_t rows = type.shape.empty() ? 1 : type.shape[0];
  const KernelRun run{{&input, 1}, {&output, 1}, {0, rows, rows}, nullptr, {}};
  return least_time([&] { kernel.run(run); });
}

int64_t measure_pack(const Kernel& kernel, size_t index, const TensorType& type, size_t bytes) {
  const size_t size = size_t(byte_count(type.shape, type.dtype));
  Buffer in(size), out(bytes);
  fill(in.data(), type, size);
  touch(out, bytes);
  return least_time([&] { kernel.pack(index, {in.data(), type}, out.data()); });
}

}  // namespace

int64_t measure(const KernelCall& call) {
  if (call.kind == KernelCall::reorder) return measure_reorder(call.kernel, call.type, call.from, call.to);
  if (call.kind == KernelCall::pack)
    return measure_pack(call.kernel, call.pack_index, call.type, call.offer->packs[call.pack_index].bytes);
  return measure_run(call);
}

void release_measuring_memory() {
#if defined(__GLIBC__)
  ::malloc_trim(0);
#endif
}

}  // namespace tacho
