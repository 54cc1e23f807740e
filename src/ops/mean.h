#pragma once
#include "ops/sum.h"

namespace tacho {

struct MeanAttributes {
  std::vector<int64_t> axes;  ///< empty: all
  bool keep_dimensions = false;
  /// Elements averaged in each result of the whole value: a kernel that sees one slice of them divides its part by
  /// that, so that the parts add up. 0: as many as it sees; then the reduced axes cannot be sliced. mean() fills it in.
  int64_t terms = 0;
  static void fields(auto& self, auto&& field) {
    field("axes", self.axes);
    field("keep_dimensions", self.keep_dimensions, "keepdims");
    field("terms", self.terms);
  }
};

/// Mean over axes (all where none is named).
Value mean(Emitter& emitter, Value x, ReductionAttributes attributes);

}  // namespace tacho
