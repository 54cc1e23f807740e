#pragma once
// The kinds of groups that propose_groups() puts together; internal to passes/.
#include "passes/pipeline.h"

namespace tacho {

/// Batch normalisation with the sum and the relu or clip behind it; and, backward, the gradient through the images with
/// the one through their statistics and the sum of both. `reader`: the only reader of each value, -1 where there is
/// none or several.
void propose_normalization_groups(const Graph& graph, const std::vector<int>& reader,
                                  std::vector<GroupProposal>& proposals);

/// relu's gradient with the max pooling's behind it that alone reads it: the pooled gradient is gated on its way into
/// the image. `reader` as above.
void propose_gradient_groups(const Graph& graph, const std::vector<int>& reader, std::vector<GroupProposal>& proposals);

}  // namespace tacho
