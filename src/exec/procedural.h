#pragma once
#include <memory>
#include <unordered_map>

#include "exec/executor.h"
#include "exec/plan_runner.h"

namespace tacho {

/// Statement by statement, as in MATLAB: each operation runs over the whole batch before the next is looked at, with a
/// fresh result. A statement runs as slices on all threads, then a barrier. Everything emitted in a step stays alive
/// until the step ends, because the tape may still need it.
class ProceduralExecutor : public Executor {
 public:
  ProceduralExecutor(StepFunction step, PlanOptions options, Pool& pool, VariableStore& variables);
  ~ProceduralExecutor() override;
  void bind(std::string_view input, const View& view) override;
  void step() override;
  Tensor output(const std::string& name) const override;
  std::vector<NodeRow> rows() const override;
  const Graph& source() const override { return source_; }
  StepSchedule schedule() const override;
  int64_t planned_bytes() const override { return peak_bytes_; }
  int64_t sum_of_sizes_bytes() const override { return peak_bytes_; }

 private:
  class Session;     ///< the emitter and tape of one step
  struct Statement;  ///< a planned one-node graph, cached by operation, attributes, operand types and place
  friend class Session;

  Statement& statement_for(const OpDef& op, const Attributes& attributes, const TensorTypes& inputs,
                           const std::string& path, const Place& place);

  StepFunction step_;
  PlanOptions options_;
  Pool& pool_;
  VariableStore& variables_;
  Graph source_;  ///< the first step as a graph: the same emissions, for counts
  std::unordered_map<std::string, std::unique_ptr<Statement>> statements_;  ///< by path
  std::vector<Statement*> in_order_;
  std::unique_ptr<Session> session_;  ///< one for all steps, so that a lowering around it can keep its tables
  std::vector<NodeRow> rows_;
  std::map<std::string, View, std::less<>> inputs_;
  std::map<std::string, Tensor> outputs_;
  int64_t peak_bytes_ = 0;
};

}  // namespace tacho
