#pragma once
#include "count/op_count.h"

namespace tacho {

/// What an operation's reference kernel did when it ran on the counting scalar, beside its formula for those sizes.
struct CountedExecution {
  Tally formula, counted;
  int64_t batch = 0;               ///< images it ran on: the step's, or fewer where that would take too long
  int64_t rows = 0, all_rows = 0;  ///< where a product computed some of its rows only: how many of how many; else 0

  bool holds() const { return formula == counted; }
};

}  // namespace tacho
