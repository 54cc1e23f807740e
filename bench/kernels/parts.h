#pragma once
// The lists: what every kernel of the simd backend is measured on.
#include <functional>
#include <string>
#include <vector>

#include "bench/kernels/contest.h"
#include "bench/kernels/problem.h"

namespace tacho::bench {

struct Wanted {
  std::string only;                 ///< a part of the rows' names; empty: all
  std::vector<std::string> rivals;  ///< backends, ours first
  bool libraries = true;            ///< oneDNN's own primitives and BLAS's products too
  bool small = false;               ///< one row of each kind, of little work
};
/// What is done with each row: measured, printed, written down. Rows are made one by one, as their operands are large.
using Visit = std::function<void(Contest&)>;

/// Convolutions with bias and relu, and both gradients: reference networks' layers, deep ones, strides, dilations,
/// groups, depthwise ones.
void visit_convolutions(const Wanted& wanted, const Visit& visit);
/// What is no product: activations, updates, reductions, softmax, losses, normalisations of rows.
void visit_operations(const Wanted& wanted, const Visit& visit);
/// On images: poolings, batch normalisation, bias gradients, each both ways; reorders.
void visit_images(const Wanted& wanted, const Visit& visit);

}  // namespace tacho::bench
