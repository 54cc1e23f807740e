#pragma once
// Why one step takes longer than another: the difference in additive terms. Pure.
#include <optional>
#include <string>
#include <vector>

#include "analysis/compare/confounders.h"
#include "analysis/compare/match.h"

namespace tacho {

/// Nanoseconds of wall time of B less those of A, with an interval where both sides have several steps.
struct TermValue {
  int64_t ns = 0;
  std::optional<int64_t> low_ns, high_ns;
};

/// Rows that do the same on both sides.
struct ComparedGroup {
  std::string name, phase;
  size_t a_rows = 0, b_rows = 0;
  int64_t a_ns = 0, b_ns = 0;  ///< share of each side's wall time
  /// B's counted work over A's; absent where the sides do not say: then all is rate.
  std::optional<double> work_ratio;
  std::string work_basis;  ///< "executed", "required", "same shapes" or ""
  TermValue work, rate, parallelism;
};

/// Time outside of operations, by its name; a side without it has 0.
struct ComparedAccount {
  std::string name;
  ProfiledAccount::Bucket bucket = ProfiledAccount::overhead;
  int64_t a_ns = 0, b_ns = 0;
  TermValue difference;
};

/// A row that the other side has nothing for.
struct UnmatchedRow {
  bool in_b = false;
  std::string name, phase, kind;
  std::vector<std::vector<int64_t>> shapes;
  int64_t ns = 0;        ///< its share of its side's wall time
  TermValue difference;  ///< +ns where it is B's, -ns where it is A's
};

struct Comparison {
  StepProfile a, b;
  int64_t difference_ns = 0;  ///< b.step_ns() - a.step_ns()
  std::vector<Confounder> confounders;
  std::vector<ComparedGroup> groups;
  std::vector<ComparedAccount> accounts;
  std::vector<UnmatchedRow> unmatched;

  /// Whether something else differs that could explain the difference.
  bool confounded() const;
  /// Sums over everything: they add up to difference_ns.
  TermValue work, rate, parallelism, overhead, idle, unmatched_sum;
  /// Time of unmatched rows over the step of their side.
  double a_unmatched_share = 0, b_unmatched_share = 0;
};

/// Terms are those of the two median steps; intervals are 5 % and 95 % of the same computed for the medians of 400
/// resamples of each side's sampled steps (fixed seed: the same input gives the same result), widened to hold the term.
Comparison compare(StepProfile a, StepProfile b);

}  // namespace tacho
