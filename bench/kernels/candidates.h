#pragma once
#include <functional>
#include <string>
#include <vector>

#include "bench/kernels/shapes.h"

namespace tacho::bench {

/// One way to compute all products of a shape: a call does them all, on this thread.
struct Candidate {
  std::string name;
  std::function<void()> run;
  const float* result = nullptr;  ///< of the first product, m x n
};

/// Ours first, then the libraries that this machine has. Weights are packed beforehand for those that can.
std::vector<Candidate> candidates_for(const ProductShape& shape);

/// float32 multiply-adds of one thread in GFLOP/s (two a multiply-add), by a loop that stays in registers, over about
/// `milliseconds`. For the target in use.
double fma_gflops(double milliseconds);

}  // namespace tacho::bench
