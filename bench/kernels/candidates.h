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

/// Ours first, then the libraries that this machine has. Weights are packed beforehand for those that can. With
/// `bfloat16` ours rounds its factors as it packs them, and oneDNN is given factors that were rounded beforehand.
std::vector<Candidate> candidates_for(const ProductShape& shape, bool bfloat16 = false);

/// float32 multiply-adds of one thread in GFLOP/s (two a multiply-add), by a loop that stays in registers, over about
/// `milliseconds`. For the target in use.
double fma_gflops(double milliseconds);
/// The same of pairs of bfloat16 products with float32 sums; 0 where the machine has no instruction for them.
double pair_gflops(double milliseconds);

}  // namespace tacho::bench
