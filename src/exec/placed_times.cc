#include "exec/placed_times.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <numeric>
#include <thread>

#include "base/clock.h"
#include "device/cpu.h"
#include "plan/measure.h"
#include "trace/statistics.h"

namespace tacho {
namespace {

/// Whatever was so many bytes ago is in no cache any more.
int64_t cached_bytes() {
  const CpuInfo& cpu = this_cpu();
  return cpu.l2_bytes + (cpu.l3_bytes > 0 ? cpu.l3_bytes : int64_t{16} << 20);
}

/// Reads, or also writes back, one byte of each line. Threads may go through the same memory at once.
void go_through(const PlanRunner::Touched& touched) {
  constexpr int64_t kLine = 64;
  auto* data = reinterpret_cast<uint8_t*>(touched.data);
  for (int64_t at = 0; at < touched.bytes; at += kLine) {
    const std::atomic_ref byte(data[at]);
    const uint8_t value = byte.load(std::memory_order_relaxed);
    if (touched.written) byte.store(value, std::memory_order_relaxed);
  }
}

}  // namespace

std::vector<View> PlanRunner::inputs_of(const Item& item, int thread) const {
  std::vector<View> views;
  for (const OperandUse& use : plan_.nodes[size_t(item.node)].inputs)
    views.push_back(operand_view(use, item.slice, thread));
  return views;
}

void PlanRunner::touched_by(const Item& item, int thread, std::vector<Touched>& touched) const {
  const PlannedNode& node = plan_.nodes[size_t(item.node)];
  const auto add = [&](void* data, int64_t bytes, bool written) {
    if (data && bytes > 0) touched.push_back({static_cast<std::byte*>(data), bytes, written});
  };
  const auto add_operand = [&](const OperandUse& use, bool written) {
    const View view = operand_view(use, item.slice, thread);
    if (!view.data) return;
    const Layout& layout = plan_.values[size_t(use.value)].layout;
    add(view.data, layout.kind == Layout::opaque ? layout.bytes : view.bytes(), written);
  };
  for (const OperandUse& use : node.inputs) add_operand(use, false);
  for (int pack : node.packs) add(base_of(pack, thread), plan_.values[size_t(pack)].type.shape[0], false);
  add(workspace_[size_t(thread)]->data(), node.workspace_bytes, true);
  if (node.kind == PlannedNode::combine) {
    const int64_t bytes = plan_.lanes * plan_.nodes[size_t(node.combined)].partial_bytes;
    const auto [begin, count, total] = item.slice;
    const bool parts = joins_[size_t(item.node)] && total > 0;
    const int64_t first = parts ? bytes * begin / total : 0, end = parts ? bytes * (begin + count) / total : bytes;
    add(partials_[size_t(node.combined)] + first, end - first, !parts);
  } else if (node.partial_bytes > 0) {
    add(partials_[size_t(item.node)] + item.lane * node.partial_bytes, node.partial_bytes, true);
  }
  for (const OperandUse& use : node.outputs) add_operand(use, true);
}

PlacedTimes::PlacedTimes(const Plan& plan, int threads)
    : plan_(plan), runner_(plan, threads), order_(size_t(threads)), kinds_(plan.nodes.size()) {
  for (const TouchedPart& part : runner_.first_touches()) std::memset(part.begin, 0, part.bytes);
  for (size_t s = 0; s < plan.slots.size(); ++s) {
    const TensorType& type = plan.slots[s].type;
    bound_.push_back(std::make_unique<Buffer>(size_t(byte_count(type.shape, type.dtype))));
    std::memset(bound_.back()->data(), 0, bound_.back()->bytes());
    runner_.bind(int(s), bound_.back()->data());
  }
  int lanes = plan.lanes;  // a node that is divided over the cores may have more of them
  for (const Stage& stage : plan.stages)
    for (const Task& task : stage.tasks)
      for (const Item& item : task.items) lanes = std::max(lanes, item.lane + 1);
  for (const Stage& stage : plan.stages)
    for (const Task& task : stage.tasks)
      for (const Item& item : task.items) {
        // As the pool has it: threads take lanes in order.
        std::vector<Item>& order = order_[size_t(item.lane * threads / lanes)];
        Kind& kind = kinds_[size_t(item.node)][{item.slice.count, item.first_in_lane}];
        kind.at.resize(size_t(threads));
        kind.at[size_t(&order - order_.data())].push_back(order.size());
        ++kind.number;
        order.push_back(item);
      }
}

/// Constants are the plan's own, and stay.
void PlacedTimes::make_up(const Item& item, int thread) {
  const PlannedNode& node = plan_.nodes[size_t(item.node)];
  std::vector<View> inputs = runner_.inputs_of(item, thread);
  for (size_t i = 0; i < inputs.size(); ++i) {
    int root = std::max(node.inputs[i].value, 0);
    while (plan_.values[size_t(root)].root != root) root = plan_.values[size_t(root)].root;
    if (plan_.values[size_t(root)].storage == Storage::constant) inputs[i].data = nullptr;
  }
  make_up_inputs(plan_, node, inputs);
}

/// What the call cannot do without, and its inputs.
void PlacedTimes::provide(const Item& item, int thread) {
  const PlannedNode& node = plan_.nodes[size_t(item.node)];
  for (int pack : node.packs)
    for (size_t n = 0; n < plan_.nodes.size(); ++n) {
      const PlannedNode& packer = plan_.nodes[n];
      if (packer.kind != PlannedNode::pack || packer.outputs[0].value != pack) continue;
      const Item call{int(n), 0, false, {0, 1, 1}};
      make_up(call, thread);
      runner_.call(call, thread);
    }
  make_up(item, thread);
  if (node.kind == PlannedNode::combine) {
    if (accumulated_ == node.combined) return;
    for (const auto& [key, kind] : kinds_[size_t(node.combined)])
      for (size_t t = 0; key.second && t < kind.at.size(); ++t)
        for (size_t at : kind.at[t]) {
          provide(order_[t][at], int(t));
          runner_.call(order_[t][at], int(t));
        }
  } else if (node.partial_bytes > 0 && !item.first_in_lane) {
    Item first = item;
    first.first_in_lane = true;
    runner_.call(first, thread);
  }
}

std::vector<PlanRunner::Touched> PlacedTimes::touched_before(const Place& place) const {
  const std::vector<Item>& order = order_[size_t(place.thread)];
  const int64_t most = cached_bytes();
  std::vector<PlanRunner::Touched> of_call, all;
  std::map<std::byte*, size_t> known;  // in `all`
  int64_t bytes = 0;
  for (size_t back = 1; back <= order.size() && bytes < most; ++back) {
    of_call.clear();
    runner_.touched_by(order[(place.at + order.size() - back) % order.size()], place.thread, of_call);
    for (auto part = of_call.rbegin(); part != of_call.rend(); ++part) {
      const auto [entry, fresh] = known.try_emplace(part->data, all.size());
      if (!fresh) {
        all[entry->second].written |= part->written;
        continue;
      }
      all.push_back(*part);
      bytes += part->bytes;
    }
  }
  return all;
}

std::vector<int64_t> PlacedTimes::time_at_once(const std::vector<Place>& places) {
  constexpr int kMost = 3;
  constexpr int64_t kEnough = 20'000'000;  // nanoseconds
  std::vector<int64_t> means;              // of all threads' calls of a time
  std::atomic<int64_t> sum{0};
  std::atomic<int> waiting{0};
  std::atomic<bool> enough{false};
  const auto together = [&](int round) {
    ++waiting;
    while (waiting.load() < round * int(places.size())) std::this_thread::yield();
  };
  const auto run = [&](size_t p) {
    const Place& place = places[p];
    const Item& item = order_[size_t(place.thread)][place.at];
    const std::vector<PlanRunner::Touched> before = touched_before(place);
    for (int i = 0, round = 0; i < kMost && !enough.load(); ++i) {
      for (auto part = before.rbegin(); part != before.rend(); ++part) go_through(*part);
      together(++round);
      const int64_t begin = now_ns();
      runner_.call(item, place.thread);
      sum += std::max<int64_t>(now_ns() - begin, 1);
      together(++round);
      if (p == 0) {
        means.push_back(sum.exchange(0) / int64_t(places.size()));
        enough = std::accumulate(means.begin(), means.end(), int64_t{0}) > kEnough;
      }
      together(++round);
    }
  };
  std::vector<std::thread> others;
  for (size_t p = 1; p < places.size(); ++p) others.emplace_back(run, p);
  run(0);
  for (std::thread& other : others) other.join();
  return means;
}

void PlacedTimes::measure(int node) {
  if (plan_.nodes[size_t(node)].kind == PlannedNode::view) return;
  int lanes = 0;  // that the calls below have filled: one for each thread
  for (auto& [key, kind] : kinds_[size_t(node)]) {
    std::vector<Place> places;
    for (size_t t = 0; t < kind.at.size(); ++t)
      if (!kind.at[t].empty()) places.push_back({int(t), kind.at[t][kind.at[t].size() / 2]});
    for (const Place& place : places) provide(order_[size_t(place.thread)][place.at], place.thread);
    const std::vector<int64_t> times = time_at_once(places);
    kind.samples.push_back(std::accumulate(times.begin(), times.end(), int64_t{0}) / int64_t(times.size()));
    lanes = std::max(lanes, int(places.size()));
  }
  accumulated_ = plan_.nodes[size_t(node)].partial_bytes > 0 && lanes == plan_.lanes ? node : -1;
}

int64_t PlacedTimes::unsure_ns(int node) const {
  int64_t ns = 0;
  for (const auto& [key, kind] : kinds_[size_t(node)]) {
    std::vector<int64_t> least(std::min<size_t>(kind.samples.size(), 2));
    std::partial_sort_copy(kind.samples.begin(), kind.samples.end(), least.begin(), least.end());
    if (!least.empty()) ns += kind.number * (least.size() == 2 ? least[1] - least[0] : least[0]);
  }
  return ns;
}

int64_t PlacedTimes::ns(int node) const {
  int64_t ns = 0;
  for (const auto& [key, kind] : kinds_[size_t(node)])
    if (!kind.samples.empty()) ns += kind.number * undisturbed(kind.samples);
  return ns;
}

}  // namespace tacho
