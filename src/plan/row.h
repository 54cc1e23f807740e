#pragma once
#include <string>
#include <vector>

#include "plan/plan.h"

namespace tacho {

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
};

}  // namespace tacho
