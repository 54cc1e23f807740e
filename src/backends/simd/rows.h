#pragma once
// Operations of rows of consecutive elements: softmax and its relatives, normalisation of rows. A row is read from
// memory once; further passes find it in the cache. Sums depend on a row's length alone, not on where it stands or in
// which slice. Errors relative to the largest result: below 4 + log2(n) / 2 units of the last place, by measurement.
#include <cstdint>

namespace tacho::simd {

/// `rows` rows of n >= 1 elements, one behind the other. The first result may be the first operand.
template <class T>
struct RowFunctions {
  /// y = exp(x - max x) / sum exp(x - max x)
  void (*softmax)(const T* x, T* y, int64_t rows, int64_t n);
  /// y = x - max x - log sum exp(x - max x)
  void (*log_softmax)(const T* x, T* y, int64_t rows, int64_t n);
  /// dx = y (dy - sum dy y)
  void (*softmax_backward)(const T* dy, const T* y, T* dx, int64_t rows, int64_t n);
  /// dx = dy - exp(y) sum dy
  void (*log_softmax_backward)(const T* dy, const T* y, T* dx, int64_t rows, int64_t n);
  /// p = softmax of z and loss = log sum exp(z - max z) - (z_label - max z), in one go. Labels are in 0..n-1.
  void (*cross_entropy)(const T* z, const int64_t* labels, T* p, T* loss, int64_t rows, int64_t n);
  /// dz = (p - onehot(label)) dloss
  void (*cross_entropy_backward)(const T* p, const int64_t* labels, const T* dloss, T* dz, int64_t rows, int64_t n);
  /// inverse = 1 / sqrt(mean of (x - m)^2 + epsilon), y = (x - m) inverse, where m is the mean, or 0 without `center`.
  void (*normalize)(const T* x, T* y, T* inverse, int64_t rows, int64_t n, T epsilon, bool center);
  /// dx = inverse (dy - mean dy - y mean(dy y)), the mean of dy only with `center`.
  void (*normalize_backward)(const T* dy, const T* y, const T* inverse, T* dx, int64_t rows, int64_t n, bool center);
};

struct RowTables {
  RowFunctions<float> f32;
  RowFunctions<double> f64;
};

/// Of the target in use.
const RowTables& row_tables();

}  // namespace tacho::simd
