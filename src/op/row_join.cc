#include "op/row_join.h"

#include <algorithm>

namespace tacho {
namespace {

/// Elements summed at a time: the sums of a deep tree stay in the first cache.
constexpr int64_t kBlock = 256;

/// The lanes of the tree's node over [first, first + span): its left half, then its right one where there is any.
template <class T>
void sum_block(const Lanes<T>& lanes, int64_t first, int64_t span, int64_t at, int64_t n, T* sum) {
  if (span == 1) {
    std::copy_n(lanes[first] + at, n, sum);
    return;
  }
  if (span == 2 && first + 1 < lanes.count) {
    const T *a = lanes[first] + at, *b = lanes[first + 1] + at;
    for (int64_t i = 0; i < n; ++i) sum[i] = a[i] + b[i];
    return;
  }
  sum_block(lanes, first, span / 2, at, n, sum);
  if (first + span / 2 >= lanes.count) return;
  T right[kBlock];
  sum_block(lanes, first + span / 2, span / 2, at, n, right);
  for (int64_t i = 0; i < n; ++i) sum[i] += right[i];
}

template <class T>
void sum_all(const Lanes<T>& lanes, int64_t n, T* sum) {
  int64_t span = 1;
  while (span < lanes.count) span *= 2;
  for (int64_t at = 0; at < n; at += kBlock) sum_block(lanes, 0, span, at, std::min(kBlock, n - at), sum + at);
}

}  // namespace

void sum_lanes(const Lanes<float>& lanes, int64_t n, float* sum) { sum_all(lanes, n, sum); }
void sum_lanes(const Lanes<double>& lanes, int64_t n, double* sum) { sum_all(lanes, n, sum); }

}  // namespace tacho
