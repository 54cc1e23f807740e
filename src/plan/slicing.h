#pragma once
// Which nodes run slice by slice, and where a segment ends (architecture section 5).
#include <vector>

#include "graph/graph.h"

namespace tacho {

/// Orders alternate: 0 whole, 1 first segment, 2 whole (combined partials and what reads them), 3 second segment, ...
struct NodeSlicing {
  bool sliced = false;  ///< runs slice by slice, in segment `order` (odd); else once, in `order` (even)
  int order = 0;
  SliceStates inputs, outputs;
  std::string refusal;  ///< why it runs whole although an input is sliced; empty where nothing was refused
};

struct ValueSlicing {
  SliceState state;  ///< whole, sliced(0) or partial
  int order = 0;     ///< segment that produces it, or the whole order from which it is complete
  int64_t rows = 1;  ///< extent of the outermost axis per example, for sliced values
};

struct Slicing {
  int64_t batch = 0;  ///< examples; 0 where nothing is sliced
  std::vector<NodeSlicing> nodes;
  std::vector<ValueSlicing> values;
  int orders = 1;  ///< highest order + 1
};

/// With `slice` off every node runs whole.
Slicing analyze_slicing(const Graph& graph, bool slice = true);

/// The types of a node's operands, for its rules.
TensorTypes input_types(const Graph& graph, const GraphNode& node);
TensorTypes output_types(const Graph& graph, const GraphNode& node);

}  // namespace tacho
