#include "backends/blas/product.h"

#include <limits>

namespace tacho::blas {
namespace {

Shape batch_of(const Shape& shape) { return Shape(shape.begin(), shape.end() - 2); }

/// Strides of an operand's batch axes, in the axes of the broadcast batch.
Shape batch_strides(const Shape& shape, const Shape& batch) {
  const size_t own = shape.size() - 2;
  int64_t step = shape[own] * shape[own + 1];
  Shape strides(batch.size(), 0);
  for (size_t i = own; i-- > 0;) {
    strides[batch.size() - own + i] = shape[i] == 1 ? 0 : step;
    step *= shape[i];
  }
  return strides;
}

bool has_whole_batch(const Shape& shape, const Shape& batch) {
  return element_count(batch_of(shape)) == element_count(batch);
}

}  // namespace

Product product_of(const MatmulAttributes& attributes, const Shape& a, const Shape& b) {
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

const char* too_large(const Product& p) {
  constexpr int64_t kLimit = std::numeric_limits<int32_t>::max();
  return p.m > kLimit || p.n > kLimit || p.k > kLimit ? "an extent exceeds BLAS's 32-bit integers" : nullptr;
}

int64_t batch_offset(int64_t flat, const Shape& batch, const Shape& strides, size_t first, size_t last) {
  int64_t offset = 0;
  for (size_t i = last; i-- > first;) {
    offset += flat % batch[i] * strides[i];
    flat /= batch[i];
  }
  return offset;
}

}  // namespace tacho::blas
