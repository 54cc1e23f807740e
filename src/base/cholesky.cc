#include "base/cholesky.h"

#include <cmath>

namespace tacho {
namespace {

/// In sums side by side, so that no addition waits for the one before.
double dot(const double* a, const double* b, size_t n) {
  constexpr size_t kSums = 8;
  double sums[kSums] = {};
  size_t i = 0;
  for (; i + kSums <= n; i += kSums)
    for (size_t s = 0; s < kSums; ++s) sums[s] += a[i + s] * b[i + s];
  for (; i < n; ++i) sums[0] += a[i] * b[i];
  double sum = 0;
  for (double part : sums) sum += part;
  return sum;
}

}  // namespace

bool factorise(std::vector<double>& a, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    double* row = &a[i * n];
    for (size_t j = 0; j < i; ++j) row[j] = (row[j] - dot(row, &a[j * n], j)) / a[j * n + j];
    const double square = row[i] - dot(row, row, i);
    if (!(square > 0)) return false;
    row[i] = std::sqrt(square);
  }
  return true;
}

void solve_lower(const std::vector<double>& l, size_t n, std::vector<double>& b) {
  for (size_t i = 0; i < n; ++i) b[i] = (b[i] - dot(&l[i * n], b.data(), i)) / l[i * n + i];
}

void solve_upper(const std::vector<double>& l, size_t n, std::vector<double>& b) {
  for (size_t i = n; i-- > 0;) {
    b[i] /= l[i * n + i];
    for (size_t k = 0; k < i; ++k) b[k] -= l[i * n + k] * b[i];
  }
}

std::vector<double> diagonal_of_inverse(const std::vector<double>& l, size_t n) {
  // Row i of L^-1 from those above it, so that memory is read in rows.
  std::vector<double> inverse(n * n), diagonal(n);
  for (size_t i = 0; i < n; ++i) {
    double* row = &inverse[i * n];
    for (size_t k = 0; k < i; ++k) {
      const double factor = l[i * n + k];
      const double* above = &inverse[k * n];
      for (size_t j = 0; j <= k; ++j) row[j] -= factor * above[j];
    }
    row[i] = 1;
    for (size_t j = 0; j <= i; ++j) {
      row[j] /= l[i * n + i];
      diagonal[j] += row[j] * row[j];
    }
  }
  return diagonal;
}

}  // namespace tacho
