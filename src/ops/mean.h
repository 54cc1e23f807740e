#pragma once
#include "ops/sum.h"

namespace tacho {

/// Axes as in every reduction (none named: all).
struct MeanAttributes : ReductionAttributes {
  /// Elements averaged in each result of the whole value: a kernel that sees one slice of them divides its part by
  /// that, so that the parts add up. 0: as many as it sees; then the reduced axes cannot be sliced. mean() fills it in.
  int64_t terms = 0;
  static void fields(auto& self, auto&& field) {
    ReductionAttributes::fields(self, field);
    field("terms", self.terms);
  }
};

/// Mean over axes (all where none is named).
Value mean(Emitter& emitter, Value x, ReductionAttributes attributes);

}  // namespace tacho
