#pragma once
#include <string>

#include "graph/graph.h"

namespace tacho {

/// One line a node: "%7 = conv2d(%0 input, %1 conv1.weight) stride=[1, 1] ... : float32 128x32x28x28  #
/// conv1/conv2d/forward".
std::string to_text(const Graph& graph);
/// Graphviz: `dot -Tsvg`. Alive nodes, coloured by phase.
std::string to_dot(const Graph& graph);

}  // namespace tacho
