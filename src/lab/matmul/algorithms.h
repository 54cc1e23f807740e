#pragma once
// The textbook's ways to multiply two matrices, over any scalar: run on the counting scalar they count themselves.
// C (m x n) = A (m x k) B (k x n), rows `stride` elements apart; nothing overlaps; all extents at least 1.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "count/op_count.h"

namespace tacho {

template <class T>
struct Matrices {
  int64_t m = 0, k = 0, n = 0;
  const T* a = nullptr;
  int64_t a_stride = 0;
  const T* b = nullptr;
  int64_t b_stride = 0;
  T* c = nullptr;
  int64_t c_stride = 0;
};

/// The definition: each element a sum of k products, one after the other.
template <class T>
void multiply_naive(const Matrices<T>& p) {
  for (int64_t i = 0; i < p.m; ++i)
    for (int64_t j = 0; j < p.n; ++j) {
      T sum = p.a[i * p.a_stride] * p.b[j];
      for (int64_t l = 1; l < p.k; ++l) sum += p.a[i * p.a_stride + l] * p.b[l * p.b_stride + j];
      p.c[i * p.c_stride + j] = sum;
    }
}

/// Row `i` of C, columns [j0, j1): the products of terms [l0, l1) are added, or with l0 = 0 begin the sums.
template <class T>
void add_terms(const Matrices<T>& p, int64_t i, int64_t j0, int64_t j1, int64_t l0, int64_t l1) {
  T* c = p.c + i * p.c_stride;
  const T* a = p.a + i * p.a_stride;
  int64_t l = l0;
  if (l == 0) {
    const T factor = a[0];
    for (int64_t j = j0; j < j1; ++j) c[j] = factor * p.b[j];
    ++l;
  }
  for (; l < l1; ++l) {
    const T factor = a[l];
    const T* b = p.b + l * p.b_stride;
    for (int64_t j = j0; j < j1; ++j) c[j] += factor * b[j];
  }
}

/// The same terms in another order: a block of B stays in the cache while all rows of A pass it, and the innermost loop
/// runs along rows. 64 x 256 floats are 64 KB: a fraction of any L2, with a row of C in L1.
template <class T>
void multiply_blocked(const Matrices<T>& p) {
  constexpr int64_t kTerms = 64, kColumns = 256;
  for (int64_t j = 0; j < p.n; j += kColumns)
    for (int64_t l = 0; l < p.k; l += kTerms)
      for (int64_t i = 0; i < p.m; ++i) add_terms(p, i, j, std::min(j + kColumns, p.n), l, std::min(l + kTerms, p.k));
}

/// Elements of scratch memory that multiply_strassen needs.
inline int64_t strassen_workspace(int64_t m, int64_t k, int64_t n, int64_t cutoff) {
  if (std::min({m, k, n}) <= std::max<int64_t>(cutoff, 1)) return 0;
  const int64_t m2 = m / 2, k2 = k / 2, n2 = n / 2;
  return m2 * k2 + k2 * n2 + m2 * n2 + strassen_workspace(m2, k2, n2, cutoff);
}

template <class T>
void combine(const T* x, const T* y, int64_t stride, bool plus, int64_t rows, int64_t columns, T* to) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      to[i * columns + j] = plus ? x[i * stride + j] + y[i * stride + j] : x[i * stride + j] - y[i * stride + j];
}

/// to = from, to += from or to -= from.
enum class Into { set, add, subtract };
template <class T>
void put(const T* from, int64_t rows, int64_t columns, T* to, int64_t stride, Into into) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      T& element = to[i * stride + j];
      const T value = from[i * columns + j];
      if (into == Into::set) element = value;
      else if (into == Into::add) element += value;
      else element -= value;
    }
}

/// Strassen, "Gaussian elimination is not optimal", Numerische Mathematik 13 (1969): seven products of halves instead
/// of eight and 18 sums, recursively, until an extent is at most `cutoff`; `base` multiplies then. Of odd extents the
/// last row, column or term is left to the definition (peeling). `workspace`: strassen_workspace elements.
template <class T, class Base>
void multiply_strassen(const Matrices<T>& p, int64_t cutoff, T* workspace, const Base& base) {
  if (std::min({p.m, p.k, p.n}) <= std::max<int64_t>(cutoff, 1)) return base(p);
  const int64_t m = p.m / 2, k = p.k / 2, n = p.n / 2;
  T* const s = workspace;
  T* const t = s + m * k;
  T* const product = t + k * n;
  T* const deeper = product + m * n;
  const T *a11 = p.a, *a12 = a11 + k, *a21 = p.a + m * p.a_stride, *a22 = a21 + k;
  const T *b11 = p.b, *b12 = b11 + n, *b21 = p.b + k * p.b_stride, *b22 = b21 + n;
  T *c11 = p.c, *c12 = c11 + n, *c21 = p.c + m * p.c_stride, *c22 = c21 + n;
  // One operand of a product: a quarter as it lies, or a sum of two in scratch memory.
  const auto multiply = [&](const T* x, int64_t x_stride, const T* y, int64_t y_stride) {
    multiply_strassen(Matrices<T>{m, k, n, x, x_stride, y, y_stride, product, n}, cutoff, deeper, base);
  };
  const auto sum_a = [&](const T* x, const T* y, bool plus) { combine(x, y, p.a_stride, plus, m, k, s); };
  const auto sum_b = [&](const T* x, const T* y, bool plus) { combine(x, y, p.b_stride, plus, k, n, t); };
  const auto into = [&](T* c, Into how) { put(product, m, n, c, p.c_stride, how); };

  sum_a(a11, a22, true), sum_b(b11, b22, true), multiply(s, k, t, n);
  into(c11, Into::set), into(c22, Into::set);
  sum_a(a21, a22, true), multiply(s, k, b11, p.b_stride);
  into(c21, Into::set), into(c22, Into::subtract);
  sum_b(b12, b22, false), multiply(a11, p.a_stride, t, n);
  into(c12, Into::set), into(c22, Into::add);
  sum_b(b21, b11, false), multiply(a22, p.a_stride, t, n);
  into(c11, Into::add), into(c21, Into::add);
  sum_a(a11, a12, true), multiply(s, k, b22, p.b_stride);
  into(c11, Into::subtract), into(c12, Into::add);
  sum_a(a21, a11, false), sum_b(b11, b12, true), multiply(s, k, t, n);
  into(c22, Into::add);
  sum_a(a12, a22, false), sum_b(b21, b22, true), multiply(s, k, t, n);
  into(c11, Into::add);

  if (p.k % 2)
    for (int64_t i = 0; i < 2 * m; ++i) add_terms(p, i, 0, 2 * n, p.k - 1, p.k);
  if (p.n % 2)
    for (int64_t i = 0; i < p.m; ++i) add_terms(p, i, p.n - 1, p.n, 0, p.k);
  if (p.m % 2) add_terms(p, p.m - 1, 0, 2 * n, 0, p.k);
}

/// What the definition requires: mnk products, mn(k-1) sums.
inline Tally standard_count(int64_t m, int64_t k, int64_t n) { return {.mul = m * n * k, .add = m * n * (k - 1)}; }

/// What multiply_strassen performs over a base that performs standard_count.
inline Tally strassen_count(int64_t m, int64_t k, int64_t n, int64_t cutoff) {
  if (std::min({m, k, n}) <= std::max<int64_t>(cutoff, 1)) return standard_count(m, k, n);
  const int64_t m2 = m / 2, k2 = k / 2, n2 = n / 2;
  const Tally half = strassen_count(m2, k2, n2, cutoff);
  Tally count{.mul = 7 * half.mul, .add = 7 * half.add + 5 * m2 * k2 + 5 * k2 * n2 + 8 * m2 * n2};
  if (k % 2) count += {.mul = 4 * m2 * n2, .add = 4 * m2 * n2};
  if (n % 2) count += standard_count(m, k, 1);
  if (m % 2) count += standard_count(1, k, 2 * n2);
  return count;
}

}  // namespace tacho
