#pragma once
// The two loops that everything here is made of, over a scalar type (float, double, Counting).
#include <algorithm>
#include <cstdint>
#include <vector>

#include "op/op_def.h"
#include "op/scalar.h"

namespace tacho::index_vector {

/// Throws tacho::Error "[op] index ... is outside ..." unless all indices are in [0, size).
inline void check_indices(const char* op, const int32_t* index, int64_t length, int64_t size) {
  int32_t low = 0, high = -1;
  for (int64_t i = 0; i < length; ++i) {
    low = std::min(low, index[i]);
    high = std::max(high, index[i]);
  }
  if (low < 0 || high >= size) fail("[", op, "] index ", low < 0 ? low : high, " is outside of ", size, " elements");
}

/// kExamples examples side by side, so that each index is read once for all of them: y[i] = x[index[i]] in each.
template <int kExamples, class T>
void gather_examples(const T* x, int64_t size, const int32_t* index, int64_t length, T* y) {
  for (int64_t i = 0; i < length; ++i) {
    const T* from = x + index[i];
    for (int e = 0; e < kExamples; ++e) copy(y[e * length + i], from[e * size]);
  }
}

/// kExamples examples side by side: zeros, then dx[index[i]] += dy[i] in index order in each.
template <int kExamples, class T>
void scatter_examples(const T* dy, const int32_t* index, int64_t length, T* dx, int64_t size) {
  std::fill_n(dx, kExamples * size, T(0));
  for (int64_t i = 0; i < length; ++i) {
    T* to = dx + index[i];
    for (int e = 0; e < kExamples; ++e) to[e * size] += dy[e * length + i];
  }
}

/// `tally` of one example, for `count` examples.
inline Tally times(Tally tally, int64_t count) {
  for_each_kind([&](const char*, int64_t& kind) { kind *= count; }, tally);
  return tally;
}

/// What `work` does on the counting scalar.
template <class Work>
Tally counted(Work&& work) {
  const Tally before = counting_tally();
  counting_tally() = {};
  work();
  const Tally result = counting_tally();
  counting_tally() = before;
  return result;
}

/// What scatter_examples does for one example of `length` terms.
inline Tally scatter_tally(int64_t length) {
  return counted([&] {
    const std::vector<Counting> dy(size_t(length), Counting(1));
    const std::vector<int32_t> index(size_t(length), 0);
    Counting sum;
    scatter_examples<1>(dy.data(), index.data(), length, &sum, 1);
  });
}

}  // namespace tacho::index_vector
