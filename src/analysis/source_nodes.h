#pragma once
// What each operation of a step requires, before any pass: the rows of `complexity`, and what `analyze` compares its
// times with.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "count/op_count.h"
#include "graph/graph.h"

namespace tacho {

/// What an operation is to the documents' lesson: products against the rest.
enum class NodeKind : uint8_t {
  product,  ///< convolution or matrix product, forward or backward
  index,    ///< pad, phi, im2col and their adjoints
  pooling,
  activation,
  bias,  ///< adding it, and summing its gradient
  normalization,
  loss,
  update,
  other,
};
/// "product", "index", ...
const char* name_of(NodeKind kind);

/// The documents' own bound where it differs from ours.
struct DocumentsBound {
  std::string text;
  int64_t value = 0;
};

/// One operation as it was emitted.
struct SourceNode {
  int node = -1;
  std::string path, op, layer;
  std::string block;  ///< the layer with the product that this one belongs to (relu1 and pool1 to conv1)
  Phase phase = Phase::none;
  NodeKind kind = NodeKind::other;
  bool view = false;        ///< another shape of the same memory
  std::string label;        ///< for people: "conv2 grad W"
  std::string suffix;       ///< how a fused row appends it: "+b"
  std::string gradient_of;  ///< the parameter whose gradient it gives: "weight", "bias"; else empty
  std::string formula;      ///< exact, in the operation's symbols: products their multiplications, others their work
  std::string big_o;        ///< growth of the same
  std::string notation;  ///< the same in the documents' letters: "l·h²·d·d'·ab"; empty where nothing is required
  std::optional<DocumentsBound> documents_bound;
  Tally count;
  int64_t work = 0, flop = 0;
  int64_t bytes_read = 0, bytes_written = 0;  ///< each operand once; 0 for views
};

/// Every node of the graph, in emission order. Throws tacho::Error where a count does not fit 64 bits.
std::vector<SourceNode> describe(const Graph& source);

/// "conv 5x5 1→32", "linear 576→10"; the layer's name where it has no weight.
std::string describe_layer(const Graph& source, const std::string& layer);

}  // namespace tacho
