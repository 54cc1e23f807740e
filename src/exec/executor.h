#pragma once
// One training or inference step, however it is executed.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "op/emitter.h"
#include "plan/plan.h"
#include "plan/row.h"
#include "plan/step_schedule.h"
#include "pool/pool.h"

namespace tacho {

/// State that lives across steps, by name. The executor changes the tensors in place.
using VariableStore = std::map<std::string, Tensor, std::less<>>;

class Executor {
 public:
  virtual ~Executor() = default;
  /// The memory of an input from the next step on, until bound anew. Throws tacho::Error where the type is not the
  /// input's.
  virtual void bind(std::string_view input, const View& view) = 0;
  /// Runs one step; variables are updated in place. Throws tacho::Error where an input is not bound.
  virtual void step() = 0;
  /// To be called when others than this executor's steps have changed variables: what was derived from them is derived
  /// anew before the next step.
  virtual void variables_changed() {}
  /// A result of the last step; throws tacho::Error for an unknown name.
  virtual Tensor output(const std::string& name) const = 0;
  /// The rows that the ledger's node numbers stand for. For procedural execution complete only after a step.
  virtual std::vector<NodeRow> rows() const = 0;
  /// The step as emitted, after lowering and autodiff, before any pass: what `required` counts belong to.
  virtual const Graph& source() const = 0;
  /// The plan, where there is one for the whole step.
  virtual const Plan* plan() const { return nullptr; }
  /// Which rows' calls follow one another. For procedural execution complete only after a step.
  virtual StepSchedule schedule() const = 0;
  virtual int64_t planned_bytes() const = 0;
  virtual int64_t sum_of_sizes_bytes() const = 0;
};

/// Emits the step: inputs, variables, operations, commits, outputs. Called once for a graph, at every step for
/// procedural execution; the tape is the one of what it emits into.
using StepFunction = std::function<void(Emitter&, const Tape&)>;

}  // namespace tacho
