#pragma once
// The table of a step without running it: what each operation requires, never fused.
#include <map>
#include <string>
#include <vector>

#include "analysis/render_json.h"
#include "analysis/source_nodes.h"
#include "analysis/text.h"

namespace tacho {

/// What the table is about, beside the graph.
struct ComplexityInput {
  std::string network;
  Shape input_shape;  ///< batch included
  int64_t batch = 0, parameters = 0;
  std::string dtype = "float32";  ///< or float64, bfloat16
  std::string optimizer;
  SwitchValues switches;
};

/// Sums over the source nodes of a phase.
struct ComplexityTotal {
  Tally count;
  Tally products;  ///< the part of count that convolutions and matrix products are
  int64_t work = 0, flop = 0, bytes_read = 0, bytes_written = 0;
};

struct Complexity {
  ComplexityInput input;
  std::vector<SourceNode> nodes;
  std::map<Phase, ComplexityTotal> totals;
  int64_t activation_bytes = 0;  ///< all results of forward operations, views not counted
  int64_t parameter_bytes = 0;

  int64_t work() const;
};

/// Throws tacho::Error where a count does not fit 64 bits.
Complexity complexity_of(const Graph& source, ComplexityInput input);

/// At most 80 columns, operations in emission order.
std::string render_text(const Complexity& complexity, const Paint& paint = {});
/// `schema` "tacho.complexity" first.
Json to_json(const Complexity& complexity);

}  // namespace tacho
