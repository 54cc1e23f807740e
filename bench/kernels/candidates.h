#pragma once
#include <vector>

#include "bench/kernels/contest.h"
#include "bench/kernels/shapes.h"

namespace tacho::bench {

/// The products of a shape by our kernels, then by the libraries that this machine has; a call does them all. Weights
/// are packed beforehand for those that can. With `bfloat16` ours rounds its factors as it packs them, and oneDNN is
/// given factors that were rounded beforehand.
std::vector<Entry> candidates_for(const ProductShape& shape, bool bfloat16 = false);

/// float32 multiply-adds of one thread in GFLOP/s (two a multiply-add), by a loop that stays in registers, over about
/// `milliseconds`. For the target in use.
double fma_gflops(double milliseconds);
/// The same of pairs of bfloat16 products with float32 sums; 0 where the machine has no instruction for them.
double pair_gflops(double milliseconds);

}  // namespace tacho::bench
