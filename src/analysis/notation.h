#pragma once
// The documents' letters: l images, h filter width, d and d' channels in and out, ab output pixels.
#include <string>

#include "graph/graph.h"

namespace tacho {

/// What a layer's product looks like, where its layer was lowered to windows as columns (phi) or is fully connected.
struct ProductSizes {
  bool windows = false;  ///< a convolution lowered to columns
  int64_t work = 0;      ///< multiplications of the forward product
  int64_t groups = 1;
};

/// The growth `big_o` ("O(N*K*...)") of a node in the documents' letters; a product that is part of the layer's forward
/// product, or is one of its two gradients, gets that layer's formula. Where nothing fits, the growth without "O()".
std::string notation_of(const GraphNode& node, const Graph& graph, const std::string& big_o, int64_t mul,
                        const ProductSizes* layer);

}  // namespace tacho
