#pragma once
// The check for a user's continuous integration: is B a regression of A?
#include <string>
#include <vector>

#include "analysis/compare/compare.h"

namespace tacho {

struct RegressionOptions {
  double tolerance = 0.05;  ///< by how much B's steps may be longer: what lies between two runs of one program
  bool accept = false;      ///< conclude in spite of confounders
};

struct Regression {
  std::vector<std::string> reasons;  ///< why the check does not hold; empty: it holds
  double p_value = 1;                ///< that B's steps are longer than A's by more than the tolerance only by chance
  bool holds() const { return reasons.empty(); }
};

constexpr double kRegressionLevel = 0.01;  ///< below this p-value the times are called longer

/// Counts first, exactly: what both sides require, kind by kind. Then times: a rank test of B's steps against A's made
/// longer by the tolerance, at level 0.01. Two sides that differ otherwise, or too few steps to reach the level, are
/// reasons too: the check could not be made.
Regression check_regression(const Comparison& comparison, const RegressionOptions& options);

}  // namespace tacho
