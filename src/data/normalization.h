#pragma once
#include <optional>
#include <string_view>

#include "tensor/tensor.h"

namespace tacho {

enum class NormalizeKind { none, scale, mean };

/// "none", "scale", "mean".
std::string_view name_of(NormalizeKind kind);
/// Inverse of name_of; throws tacho::Error that lists what is known.
NormalizeKind normalize_kind_of(std::string_view name);

/// How examples are brought to a network: x -> (x - offset) / scale - mean, each step in float32. Kept with a
/// checkpoint, so that other data are treated like the training data.
struct Normalization {
  NormalizeKind kind = NormalizeKind::none;
  double offset = 0;  ///< 0 unless the data have negative values
  double scale = 1;   ///< 255 for bytes, else the largest value (less the offset)
  Tensor mean;        ///< float32, one example's shape; undefined unless kind is `mean`

  /// Normalises `x` (float32, N x one example's shape) in place. Throws tacho::Error where the mean has another shape.
  void apply(Tensor& x) const;
};

/// Fits a normalisation to the training examples `x` (float32, not normalised). Data are bytes where all values are
/// integers in 0..255 and some exceed 1; their scale is 255. The mean is per pixel or feature, summed in float64.
Normalization fit_normalization(NormalizeKind kind, const Tensor& x);

}  // namespace tacho
