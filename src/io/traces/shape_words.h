#pragma once
// How readers of different programs name the same operands, and what the catalogue says such an operation requires.
#include <cstdint>
#include <string>
#include <vector>

#include "trace/step_profile.h"

namespace tacho {

using Extents = std::vector<int64_t>;

/// The shapes that a product of m x k by k x n is matched by: whichever operand is called the first, and whatever is
/// transposed. `batch` products side by side.
std::vector<Extents> product_shapes(int64_t m, int64_t k, int64_t n, int64_t batch = 1);

/// A product of two operands of at least rank 2, the last two axes multiplied; without shapes where they do not fit.
/// `transposed_b`: b is n x k, as a linear layer's weights are.
ProfiledPart product_part(const std::string& phase, const Extents& a, const Extents& b, bool transposed_b);

/// Geometry of a convolution as recorders write it.
struct ConvolutionCall {
  Extents image, filters;  ///< N x C x H x W and K x C/groups x KH x KW; empty: not recorded
  Extents stride, padding, dilation;
  int64_t groups = 1;
  bool known = false;  ///< stride to groups were recorded: without them nothing is counted
};
/// `kind`: "conv2d", "conv2d_backward_data" or "conv2d_backward_weights".
ProfiledPart convolution_part(const std::string& kind, const std::string& phase, const ConvolutionCall& call);

/// An operation of which only the kind, the phase and the shape of the first operand are known.
ProfiledPart simple_part(const std::string& kind, const std::string& phase, const Extents& first = {});

}  // namespace tacho
