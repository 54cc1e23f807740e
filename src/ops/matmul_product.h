#pragma once
// The extents of one batched matrix product, and its way into as few products of two matrices as possible: what the
// backends that call libraries share.
#include "ops/matmul.h"
#include "tensor/tensor.h"

namespace tacho {

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

/// The axes in front of an operand's matrices.
inline Shape batch_of(const Shape& shape) { return Shape(shape.begin(), shape.end() - 2); }

/// Strides of an operand's batch axes, in the axes of the broadcast batch.
inline Shape batch_strides(const Shape& shape, const Shape& batch) {
  const size_t own = shape.size() - 2;
  int64_t step = shape[own] * shape[own + 1];
  Shape strides(batch.size(), 0);
  for (size_t i = own; i-- > 0;) {
    strides[batch.size() - own + i] = shape[i] == 1 ? 0 : step;
    step *= shape[i];
  }
  return strides;
}

/// Whether the operand has a matrix of its own for each place of the batch.
inline bool has_whole_batch(const Shape& shape, const Shape& batch) {
  return element_count(batch_of(shape)) == element_count(batch);
}

/// From the operands' shapes, which the operation's type rule has accepted. Where the batch is only more rows of A
/// (a shared B), or the contraction only a longer k, it becomes one product.
inline Product product_of(const MatmulAttributes& attributes, const Shape& a, const Shape& b) {
  Product p;
  p.transpose_a = attributes.transpose_a;
  p.transpose_b = attributes.transpose_b;
  p.m = a[a.size() - (p.transpose_a ? 1 : 2)];
  p.k = a[a.size() - (p.transpose_a ? 2 : 1)];
  p.n = b[b.size() - (p.transpose_b ? 2 : 1)];
  p.contracted_axes = size_t(attributes.contracted);
  p.batch = broadcast(batch_of(a), batch_of(b));
  p.stride_a = batch_strides(a, p.batch);
  p.stride_b = batch_strides(b, p.batch);
  for (size_t i = 0; i < p.batch.size(); ++i) (i < p.contracted_axes ? p.contracted : p.kept) *= p.batch[i];

  const bool a_whole = has_whole_batch(a, p.batch), b_whole = has_whole_batch(b, p.batch);
  const bool b_shared = element_count(batch_of(b)) == 1;
  if (p.contracted == 1 && a_whole && b_shared && !p.transpose_a) {
    p.m *= p.kept;
    p.kept = 1;
  } else if (p.kept == 1 && a_whole && b_whole && p.transpose_a && !p.transpose_b) {
    p.k *= p.contracted;
    p.contracted = 1;
  }
  return p;
}

/// Offset of flat index `flat` over batch axes [first, last).
inline int64_t batch_offset(int64_t flat, const Shape& batch, const Shape& strides, size_t first, size_t last) {
  int64_t offset = 0;
  for (size_t i = last; i-- > first;) {
    offset += flat % batch[i] * strides[i];
    flat /= batch[i];
  }
  return offset;
}

}  // namespace tacho
