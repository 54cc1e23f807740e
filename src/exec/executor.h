#pragma once
// One training or inference step, however it is executed.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "op/emitter.h"
#include "plan/plan.h"
#include "pool/pool.h"

namespace tacho {

/// State that lives across steps, by name. The executor changes the tensors in place.
using VariableStore = std::map<std::string, Tensor>;

/// What a ledger's node numbers mean.
struct NodeRow {
  PlannedNode::Kind kind = PlannedNode::compute;
  std::string path, op;
  Place place;
  std::vector<int> members;  ///< source nodes: indices into Executor::source()
  int anchor = -1;
  std::string backend, kernel_name, reason;
  std::vector<RefusedOffer> refusals;
  Executed executed;  ///< for one step
};

class Executor {
 public:
  virtual ~Executor() = default;
  /// Runs one step. `inputs` are bound by name and must stay valid during the call; variables are updated.
  virtual void step(const std::map<std::string, View>& inputs) = 0;
  /// A result of the last step; throws tacho::Error for an unknown name.
  virtual Tensor output(const std::string& name) const = 0;
  /// The rows that the ledger's node numbers stand for. For procedural execution complete only after a step.
  virtual std::vector<NodeRow> rows() const = 0;
  /// The step as emitted, after lowering and autodiff, before any pass: what `required` counts belong to.
  virtual const Graph& source() const = 0;
  /// The plan, where there is one for the whole step.
  virtual const Plan* plan() const { return nullptr; }
  virtual int64_t planned_bytes() const = 0;
  virtual int64_t sum_of_sizes_bytes() const = 0;
};

/// Emits the step: inputs, variables, operations, commits, outputs. Called once for a graph, at every step for
/// procedural execution; the tape is the one of what it emits into.
using StepFunction = std::function<void(Emitter&, const Tape&)>;

}  // namespace tacho
