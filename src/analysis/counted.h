#pragma once
#include "count/op_count.h"

namespace tacho {

/// What an operation's reference kernel did when it ran on the counting scalar, beside its formula for those sizes.
struct CountedExecution {
  Tally formula, counted;
  int64_t batch = 0;  ///< images it ran on: the step's, or fewer where that would take too long
  /// Where it ran on some rows (or columns of a product's second factor) only: how many of how many; else 0.
  int64_t rows = 0, all_rows = 0;
  bool columns = false;

  const char* what() const { return columns ? "columns" : "rows"; }
  bool holds() const { return formula == counted; }
};

}  // namespace tacho
