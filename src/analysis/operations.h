#pragma once
#include <vector>

#include "analysis/report.h"

namespace tacho {

/// One row per executed node, then one per source node that no row executes; each source node is in exactly one (throws
/// tacho::Error otherwise). `step` is the step whose times go into step_ns.
std::vector<Operation> operations_of(const RunRecord& record, const std::vector<SourceNode>& nodes, int64_t step);

}  // namespace tacho
