#pragma once
#include <vector>

#include "analysis/report.h"

namespace tacho {

/// Products against the rest, layer by layer in execution order. Updates are apart; rows of no layer of the network
/// (the loss) come last. A fused row's time is divided among its members (fused.h).
std::vector<LayerRow> layers_of(const RunRecord& record, const std::vector<SourceNode>& nodes,
                                const std::vector<Operation>& operations);

}  // namespace tacho
