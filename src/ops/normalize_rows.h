#pragma once
#include <cstdint>

#include "op/value.h"

namespace tacho {
class Emitter;

/// Shared by normalize_rows and normalize_rows_backward.
struct NormalizeRowsAttributes {
  int64_t axes = 1;       ///< how many trailing axes make a row; at least 1
  double epsilon = 1e-5;  ///< added under the root
  bool center = true;     ///< subtract the row's mean (layer normalisation); else not (RMS normalisation)
  static void fields(auto& self, auto&& field) {
    field("axes", self.axes);
    field("epsilon", self.epsilon);
    field("center", self.center);
  }
};

/// Results: the rows with mean 0 (where centred) and mean square 1, and 1 / sqrt(mean square + epsilon) of each row, of
/// x's shape with 1 for the row's axes.
struct NormalizedRows {
  Value y, inverse;
};

/// Normalises each row of x by its own statistics: what layer, group, instance and RMS normalisation share
/// (normalizations.h).
NormalizedRows normalize_rows(Emitter& emitter, Value x, const NormalizeRowsAttributes& attributes);

}  // namespace tacho
