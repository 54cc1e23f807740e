#pragma once
#include <memory>
#include <vector>

#include "exec/first_touch.h"
#include "exec/holding.h"
#include "op/part_run.h"
#include "op/row_join.h"
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
  /// Who shall write which memory first, before anything else does: a thread its own arena and workspace; of the shared
  /// arena what the lanes fall to it of each value and partial, where threads take lanes in order. Each page once.
  std::vector<TouchedPart> first_touches() const;
  /// Runs the prepared nodes: before the first step, and where the variables have changed since.
  void prepare();
  /// A value after the run: an output of the graph.
  View view_of(Value value) const;

  const TaskGraph* graph() const override { return plan_.successors.empty() ? nullptr : &graph_; }
  int stages() const override { return int(plan_.stages.size()); }
  int tasks(int stage) const override { return int(plan_.stages[size_t(stage)].tasks.size()); }
  void run(int stage, int task, Worker& worker) override;

  // For measurements of what a step would be without a node. Between steps only.
  /// From now on nobody else writes over what `node` (of the plan) writes, lane partials included, so that a step that
  /// skips it finds there what a former step left; values local to a segment are kept per thread, of its last slice.
  /// Allocates. -1: memory as planned, nothing skipped.
  void keep_results_of(int node);
  /// Whether steps leave out the node that was named last. Throws tacho::Error where none is.
  void skip(bool on);
  /// One call by itself, as a step makes it on that thread; what it reads must be there.
  void call(const Item& item, int thread);
  /// Its inputs there, in the node's order; null data for absent ones.
  std::vector<View> inputs_of(const Item& item, int thread) const;
  struct Touched {
    std::byte* data = nullptr;
    int64_t bytes = 0;
    bool written = false;
  };
  /// Appends what it goes through there: operands, packed ones, partial results of its lane (or of all, where it joins
  /// them) and workspace.
  void touched_by(const Item& item, int thread, std::vector<Touched>& touched) const;
  /// Each time that a node is over on a thread, the others are held; null: no longer. Must outlive its use.
  void hold(Holding* holding) { holding_ = holding; }

 private:
  struct Address {
    Storage storage = Storage::none;
    int slot = -1;
    std::byte* fixed = nullptr;  ///< constant and shared
    int64_t offset = 0;          ///< local
  };
  void place_as_planned();
  void run_item(const Item& item, Worker& worker);
  void run_holding(int stage, const Task& task, Worker& worker);
  View operand_view(const OperandUse& use, const Slice& slice, int thread) const;
  std::byte* base_of(int value, int thread) const;

  const Plan& plan_;
  int32_t first_node_;
  TaskGraph graph_;  ///< schedule operators
  std::vector<void*> bound_;
  std::vector<Address> addresses_;     ///< by value, of its root
  std::vector<std::byte*> partials_;   ///< by node: of lane 0; null where it has none
  std::vector<const RowJoin*> joins_;  ///< by node: of those that combine by rows; null for the others
  std::vector<const PartRun*> parts_;  ///< by node: of those whose kernels' calls are divided; null for the others
  Buffer shared_;
  std::vector<std::unique_ptr<Buffer>> local_, workspace_;
  std::unique_ptr<Buffer> kept_;  ///< shared results and partials of node `kept_node_`
  int kept_node_ = -1, skipped_node_ = -1;
  Holding* holding_ = nullptr;
};

}  // namespace tacho
