#pragma once
// The operations of a step, each run by its reference kernel on the counting scalar: what their formulas must equal.
#include <vector>

#include "analysis/counted.h"
#include "train/session.h"

namespace tacho {

struct CountingOptions {
  /// About so many for the whole step: a node above its part is counted on fewer images, and then on fewer rows or
  /// columns of its operands. 0: all nodes at the step's own sizes, however long that takes.
  int64_t operations = 2'000'000'000;
  int64_t elements = 16'000'000;  ///< of all operands of a node; an element of the counting scalar has 16 bytes
};

/// One entry per node of `source`, which is source_graph() of these options. Nodes of one operation, attributes and
/// shapes are run once.
std::vector<CountedExecution> count_executions(const StepOptions& options, const Graph& source,
                                               const CountingOptions& counting = {});

}  // namespace tacho
