#pragma once
// Sums and extremes of many elements, the two forms that every reduction is made of. The order in which a result's
// terms are combined depends on their number alone.
#include <cstddef>
#include <cstdint>

namespace tacho::simd {

enum class Reduction : uint8_t { sum, max, min };
constexpr size_t kReductions = 3;

template <class T>
struct ReductionFunctions {
  /// y[r] = the combination of row r's n elements; with `onto`, of what stands in y[r] too.
  void (*rows)(const T* x, T* y, int64_t rows, int64_t n, bool onto);
  /// y[j] = the combination of x[i * inner + j] over i < n, with `onto` as above.
  void (*columns)(const T* x, T* y, int64_t n, int64_t inner, bool onto);
};

struct ReductionTables {
  ReductionFunctions<float> f32[kReductions];
  ReductionFunctions<double> f64[kReductions];
};

/// Of the target in use.
const ReductionTables& reduction_tables();

}  // namespace tacho::simd
