// Steps that leave a node out, or hold everybody else: measurements of what a node's time costs the step.
#include <cstring>

#include "base/error.h"
#include "exec/plan_runner.h"

namespace tacho {
namespace {
constexpr int64_t kAlignment = 64;
int64_t aligned(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }
}  // namespace

void PlanRunner::keep_results_of(int node) {
  TACHO_CHECK(node < int(plan_.nodes.size()), "the plan has no node ", node);
  skipped_node_ = -1;
  const bool had_own = kept_node_ >= 0;
  kept_node_ = node;
  place_as_planned();
  const auto resize_local = [&](int64_t bytes) {
    for (auto& buffer : local_) {
      if (buffer->bytes() == size_t(bytes)) continue;
      buffer = std::make_unique<Buffer>(size_t(bytes));
      std::memset(buffer->data(), 0, size_t(bytes));  // a thread that has not run the node yet finds zeros
    }
  };
  if (node < 0) {
    kept_.reset();
    if (had_own) resize_local(plan_.local_bytes);
    return;
  }
  const PlannedNode& kept = plan_.nodes[size_t(node)];
  // Where each result goes behind the planned memory. A result in place of an operand moves away from it; one that
  // another node later puts in place of a kept result stays where the plan has it. A variable keeps its value anyway.
  int64_t local = aligned(plan_.local_bytes), shared = 0;
  struct Move {
    int value;
    int64_t offset;
  };
  std::vector<Move> moves;
  for (const OperandUse& use : kept.outputs) {
    if (use.value < 0 || use.partial) continue;
    const Storage storage = addresses_[size_t(use.value)].storage;
    if (storage != Storage::local && storage != Storage::shared) continue;
    int64_t& end = storage == Storage::local ? local : shared;
    moves.push_back({use.value, end});
    end += aligned(plan_.values[size_t(use.value)].bytes);
  }
  const int64_t partials = shared;
  if (partials_[size_t(node)]) shared += kept.partial_bytes * plan_.lanes;
  kept_ = std::make_unique<Buffer>(size_t(shared));
  std::memset(kept_->data(), 0, size_t(shared));
  resize_local(local);
  for (size_t m = 0; m < moves.size(); ++m) {  // views of a moved value move with it
    Address& address = addresses_[size_t(moves[m].value)];
    address.offset = moves[m].offset;
    if (address.storage == Storage::shared) address.fixed = static_cast<std::byte*>(kept_->data()) + moves[m].offset;
    for (const PlannedNode& view : plan_.nodes)
      if (view.kind == PlannedNode::view && view.inputs[0].value == moves[m].value)
        moves.push_back({view.outputs[0].value, moves[m].offset});
  }
  if (partials_[size_t(node)]) partials_[size_t(node)] = static_cast<std::byte*>(kept_->data()) + partials;
}

void PlanRunner::skip(bool on) {
  if (on && kept_node_ < 0) fail("skip: no node's results are kept, so nothing can be left out");
  skipped_node_ = on ? kept_node_ : -1;
}

void PlanRunner::run_holding(int stage, const Task& task, Worker& worker) {
  Holding& holding = *holding_;
  holding.enter(stage, worker.thread());
  for (const Item& item : task.items) {
    holding.pay(worker.thread());
    const int64_t begin = now_ns();
    run_item(item, worker);
    if (item.node == holding.node()) holding.owe(worker.thread(), now_ns() - begin);
  }
  holding.pay(worker.thread());
}

}  // namespace tacho
