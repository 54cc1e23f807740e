#pragma once
// The extents of one batched matrix product, and its way into as few calls of gemm as possible.
#include <algorithm>

#include "backends/blas/library.h"
#include "ops/matmul.h"
#include "tensor/tensor.h"

namespace tacho::blas {

/// C[kept] = sum over contracted of A[contracted, kept] B[contracted, kept]; each A is m x k and each B k x n after
/// their transpositions, row-major and contiguous.
struct Product {
  int64_t m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
  size_t contracted_axes = 0;                     ///< leading ones of `batch`
  Shape batch;                                    ///< broadcast batch axes
  Shape stride_a, stride_b;                       ///< elements per step of each batch axis; 0 where it broadcasts
  int64_t contracted = 1, kept = 1;               ///< products of the contracted extents and of the others
  int64_t count() const { return kept * m * n; }  ///< elements of C
};

/// From the operands' shapes, which the operation's type rule has accepted. Where the batch is only more rows of A
/// (a shared B), or the contraction only a longer k, it becomes one product.
Product product_of(const MatmulAttributes& attributes, const Shape& a, const Shape& b);

/// Null where gemm's 32-bit extents suffice, else the reason why not.
const char* too_large(const Product& product);

inline auto gemm_of(const Library& library, float) { return library.sgemm; }
inline auto gemm_of(const Library& library, double) { return library.dgemm; }

/// Offset of flat index `flat` over batch axes [first, last).
int64_t batch_offset(int64_t flat, const Shape& batch, const Shape& strides, size_t first, size_t last);

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
