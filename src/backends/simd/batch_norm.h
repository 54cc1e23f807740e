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

struct BatchNormFunctions {
  /// Adds to sums: x - shift and (x - shift)^2.
  void (*deviations)(const float* x, const float* shift, int64_t places, int64_t channels, const DeviationSums& sums);
  /// Adds to sums: dy and dy (x - mean). Where `gate` is not null, dy is 0 where that is not positive.
  void (*products)(const float* dy, const float* gate, const float* x, const float* mean, int64_t places,
                   int64_t channels, const DeviationSums& sums);
  /// y = slope x + offset [+ residual], at least 0 where `relu`. `residual` may be null; y may be x or residual.
  void (*normalize)(const float* x, const float* slope, const float* offset, const float* residual, bool relu, float* y,
                    int64_t places, int64_t channels);
  /// dx = a dy + b x + c; null `dy` or `x`: without that term. `gate` as above. dx may be any of them.
  void (*combine)(const float* dy, const float* gate, const float* x, const float* a, const float* b, const float* c,
                  float* dx, int64_t places, int64_t channels);
};

/// Of the target in use.
const BatchNormFunctions& batch_norm_functions();

}  // namespace tacho::simd
