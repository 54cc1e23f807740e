#pragma once
// A network with its step: what commands, the lab and the C++ user build and then run.
#include <memory>

#include "exec/executor.h"
#include "nn/build.h"
#include "nn/objective.h"
#include "nn/optimizer.h"
#include "train/switches.h"

namespace tacho {

enum class StepKind : uint8_t {
  train,      ///< forward, backward and update
  evaluate,   ///< forward with the loss; normalisations use running statistics; outputs are returned
  inference,  ///< forward only: no labels, no loss
};

struct StepOptions {
  NetworkSpec network;
  int64_t batch = 128;
  StepKind kind = StepKind::train;
  LossOptions loss;
  OptimizerOptions optimizer;
  uint64_t seed = 0;  ///< of the random numbers that layers draw in training (dropout)
  Way way;
  KernelChoices choices;         ///< of an earlier plan, to have its bits again
  KernelTimes* times = nullptr;  ///< says kernels' times in the tuning record's place
};

/// The step as a function that emits it, for graph and procedural alike: lowering, forward, loss, gradients, updates.
/// Inputs "x" (batch x image), "y" (int64 labels), "learning_rate" (scalar), "step" (int64 scalar, from 1).
/// Outputs "loss" (scalar) and, unless it trains, "outputs" (batch x classes).
StepFunction step_function(const StepOptions& options);

/// The step as a graph before any pass; with `complexity` the convolutions are not lowered unless --convolution says
/// so.
Graph source_graph(const StepOptions& options, bool complexity = false);

/// What the step would run: graph, passes, groups, kernels, schedule. Nothing is executed, and nothing measured where
/// `times` is given. `source` (may be null) gets the graph before any pass, `built_ns` when that was over.
std::unique_ptr<Plan> plan_of(const StepOptions& options, Graph* source = nullptr, int64_t* built_ns = nullptr);

/// Parameters, running statistics and, where it trains, the optimiser's state: initial values by seed.
VariableStore initial_variables(const StepOptions& options, uint64_t seed);

/// An executable step. Variables are changed in place and must outlive the session.
class Session {
 public:
  Session(const StepOptions& options, Pool& pool, VariableStore& variables);
  ~Session();

  /// One step on a batch; both views must stay valid until the next call. Evaluation ignores learning rate and step,
  /// and keeps what it made of the variables: executor().variables_changed() after others have changed them.
  void run(const View& x, const View& y, double learning_rate, int64_t step);
  /// Mean loss of the last step.
  double loss() const;
  Tensor outputs() const { return executor_->output("outputs"); }
  Executor& executor() { return *executor_; }
  const Executor& executor() const { return *executor_; }
  const StepOptions& options() const { return options_; }
  int64_t build_ns() const { return build_ns_; }  ///< emitting the graph and its gradients, and the passes
  int64_t plan_ns() const { return plan_ns_; }    ///< choosing kernels, memory and schedule

 private:
  StepOptions options_;
  std::unique_ptr<Executor> executor_;
  Tensor learning_rate_, step_;
  int64_t build_ns_ = 0, plan_ns_ = 0;
};

}  // namespace tacho
