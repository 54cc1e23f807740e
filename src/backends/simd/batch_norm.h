#pragma once
// Batch normalisation over images that lie channels last: rows of `channels` floats, one row a place. Each function
// reads its operands once.
#include <cstdint>

namespace tacho::simd {

/// Sums over places of one channel's deviations, in double precision: within a block of places they are summed in
/// single precision, which keeps the relative error of a sum below the number of places in a block times 2^-24.
struct DeviationSums {
  double* first;   ///< sum of (x - shift), or of the first term
  double* second;  ///< sum of (x - shift)^2, or of the second term
};

/// Where a gradient counts: where `values` are above `low` and, if `bounded`, below `high`. Null: everywhere.
struct NormGate {
  const float* values = nullptr;
  bool bounded = false;
  float low = 0, high = 0;
};

/// What becomes of the results: at least 0, or within bounds. NaN stays.
struct NormEnd {
  enum Kind : uint8_t { as_is, relu, clip } kind = as_is;
  float low = 0, high = 0;
};

struct BatchNormFunctions {
  /// Adds to sums: x - shift and (x - shift)^2.
  void (*deviations)(const float* x, const float* shift, int64_t places, int64_t channels, const DeviationSums& sums);
  /// Adds to sums: dy and dy (x - mean), dy as far as it counts.
  void (*products)(const float* dy, const NormGate& gate, const float* x, const float* mean, int64_t places,
                   int64_t channels, const DeviationSums& sums);
  /// y = slope x + offset [+ residual] with that end. `residual` may be null; y may be x or residual.
  void (*normalize)(const float* x, const float* slope, const float* offset, const float* residual, const NormEnd& end,
                    float* y, int64_t places, int64_t channels);
  /// dx = a dy + b x + c, dy as far as it counts; null `dy` or `x`: without that term. dx may be any of them.
  void (*combine)(const float* dy, const NormGate& gate, const float* x, const float* a, const float* b, const float* c,
                  float* dx, int64_t places, int64_t channels);
};

/// Of the target in use.
const BatchNormFunctions& batch_norm_functions();

}  // namespace tacho::simd
