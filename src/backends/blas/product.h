#pragma once
// One batched matrix product (ops/matmul_product.h) by calls of gemm.
#include <algorithm>

#include "backends/blas/library.h"
#include "ops/matmul_product.h"

namespace tacho::blas {

using tacho::batch_offset;
using tacho::Product;
using tacho::product_of;

/// Null where gemm's 32-bit extents suffice, else the reason why not.
const char* too_large(const Product& product);

inline auto gemm_of(const Library& library, float) { return library.sgemm; }
inline auto gemm_of(const Library& library, double) { return library.dgemm; }

/// Computes C, or adds to it where `add`. done(begin, count) is called once for each run of C's elements when they are
/// complete, while they are still in cache. The order of the sums depends on the shapes alone.
template <class T, class Done>
void multiply(const Library& library, const Product& p, const T* a, const T* b, T* c, bool add, Done&& done) {
  if (p.count() == 0) return;
  if (p.k * p.contracted == 0) {  // an empty sum, which gemm is not asked for
    if (!add) std::fill_n(c, p.count(), T(0));
    return done(int64_t(0), p.count());
  }
  const auto gemm = gemm_of(library, T());
  const size_t split = p.contracted_axes, axes = p.batch.size();
  const int ta = p.transpose_a ? kTranspose : kNoTranspose, tb = p.transpose_b ? kTranspose : kNoTranspose;
  const int m = int(p.m), n = int(p.n), k = int(p.k);
  for (int64_t item = 0; item < p.kept; ++item) {
    const T* a_item = a + batch_offset(item, p.batch, p.stride_a, split, axes);
    const T* b_item = b + batch_offset(item, p.batch, p.stride_b, split, axes);
    T* c_item = c + item * p.m * p.n;
    for (int64_t term = 0; term < p.contracted; ++term)
      gemm(kRowMajor, ta, tb, m, n, k, T(1), a_item + batch_offset(term, p.batch, p.stride_a, 0, split),
           p.transpose_a ? m : k, b_item + batch_offset(term, p.batch, p.stride_b, 0, split), p.transpose_b ? k : n,
           add || term > 0 ? T(1) : T(0), c_item, n);
    done(item * p.m * p.n, p.m * p.n);
  }
}

}  // namespace tacho::blas
