#pragma once
#include <memory>
#include <vector>

#include "plan/plan.h"
#include "pool/pool.h"

namespace tacho {

/// A plan as a program for the pool. Owns the arenas; the caller binds the slots. A step allocates nothing.
class PlanRunner : public Program {
 public:
  /// `first_node` is added to node numbers in the ledger, so that several plans can share one.
  PlanRunner(const Plan& plan, int threads, int32_t first_node = 0);

  /// Memory for a slot, until it is bound anew; it must hold the slot's type.
  void bind(int slot, void* data) { bound_[size_t(slot)] = data; }
  /// A value after the run: an output of the graph.
  View view_of(Value value) const;

  const TaskGraph* graph() const override { return plan_.successors.empty() ? nullptr : &graph_; }
  int stages() const override { return int(plan_.stages.size()); }
  int tasks(int stage) const override { return int(plan_.stages[size_t(stage)].tasks.size()); }
  void run(int stage, int task, Worker& worker) override;

 private:
  struct Address {
    Storage storage = Storage::none;
    int slot = -1;
    std::byte* fixed = nullptr;  ///< constant and shared
    int64_t offset = 0;          ///< local
  };
  void run_item(const Item& item, Worker& worker);
  View operand_view(const OperandUse& use, const Slice& slice, int thread) const;
  std::byte* base_of(int value, int thread) const;

  const Plan& plan_;
  int32_t first_node_;
  TaskGraph graph_;  ///< schedule operators
  std::vector<void*> bound_;
  std::vector<Address> addresses_;  ///< by value, of its root
  Buffer shared_;
  std::vector<std::unique_ptr<Buffer>> local_, workspace_;
};

}  // namespace tacho
