#pragma once
#include "graph/graph.h"

namespace tacho {

/// Checks that every alive node's inputs exist, were produced before it by an alive node, and that its types follow
/// from its rule; that commits and outputs refer to live values. Throws tacho::Error naming the node
/// ("conv2/conv2d/forward").
void verify(const Graph& graph);

}  // namespace tacho
