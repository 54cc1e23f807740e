#pragma once
#include <memory>

#include "exec/executor.h"
#include "exec/plan_runner.h"

namespace tacho {

/// Builds first, then runs: a step is one region of the pool.
class GraphExecutor : public Executor {
 public:
  /// `source` is the step before any pass; `plan` was made from it. Variables missing in `variables` are an error.
  GraphExecutor(Graph source, std::unique_ptr<Plan> plan, Pool& pool, VariableStore& variables);
  void bind(std::string_view input, const View& view) override;
  void step() override;
  void variables_changed() override { prepared_ = false; }
  Tensor output(const std::string& name) const override;
  std::vector<NodeRow> rows() const override;
  const Graph& source() const override { return source_; }
  const Plan* plan() const override { return plan_.get(); }
  StepSchedule schedule() const override { return schedule_of(*plan_); }
  int64_t planned_bytes() const override { return plan_->planned_bytes(pool_.threads()); }
  int64_t sum_of_sizes_bytes() const override { return plan_->sum_of_sizes_bytes; }
  /// What runs the plan: for measurements that change how it does.
  PlanRunner& runner() { return runner_; }

 private:
  Graph source_;
  std::unique_ptr<Plan> plan_;
  Pool& pool_;
  PlanRunner runner_;
  bool touched_ = false, prepared_ = false;  ///< see PlanRunner; before the first step, so that a plan alone is cheap
};

}  // namespace tacho
