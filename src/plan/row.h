#pragma once
#include <string>
#include <vector>

#include "plan/plan.h"

namespace tacho {

/// What the calls of one step move between a kernel and its operands: each call reads each of its inputs once and
/// writes each of its outputs once. What a kernel keeps in its own workspace is not in it.
struct Traffic {
  int64_t calls = 0;
  int64_t bytes_read = 0, bytes_written = 0;  ///< of all calls
  int64_t working_set_bytes = 0;              ///< of the largest call: all that it touches, once
};

/// What a ledger's node numbers mean.
struct NodeRow {
  PlannedNode::Kind kind = PlannedNode::compute;
  std::string path, op;
  Place place;
  std::vector<int> members;  ///< source nodes: node indices in the graph before any pass
  int anchor = -1;
  std::string backend, kernel_name, reason;
  std::vector<RefusedOffer> refusals;
  Executed executed;  ///< for one step
  Traffic traffic;
  std::string dtype = "float32";  ///< in which it multiplies: float32, float64, bfloat16
  int64_t tuned_ns = 0;           ///< of all its calls alone on one thread, as PlannedNode says
};

/// One row per node of the plan; members and anchors are nodes of the graph before any pass.
std::vector<NodeRow> rows_of(const Plan& plan);

}  // namespace tacho
