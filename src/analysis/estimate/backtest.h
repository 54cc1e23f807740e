#pragma once
// Estimates beside real steps, and how far off they are, as people and programs read it.
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/estimate/calibration.h"
#include "machine/profile.h"
#include "trace/statistics.h"

namespace tacho {

/// Rounds of a whole backtest: every case once in each, so that what the machine does for a minute meets a case once;
/// and as many more for a case whose rounds were all disturbed.
constexpr int kBacktestRounds = 5, kMoreRounds = 3;

struct BacktestCase {
  std::string network;
  int64_t batch = 1;
  int threads = 1;
  bool toml = false;  ///< a network of the user's kind: written as TOML, of no built-in family
  int64_t estimated_ns = 0, low_ns = 0, high_ns = 0, roofline_ns = 0;
  struct Round {
    int64_t step_ns = 0;  ///< median
    Pace pace;            ///< around it: how fast the machine itself was
    bool steady = true;   ///< as fast as usual at the calibration
  };
  std::vector<Round> rounds;  ///< minutes apart
  int64_t samples = 0;        ///< steps of all rounds

  /// Of the rounds that count: the steady ones, all where there are none.
  std::vector<int64_t> counted_ns() const;
  /// Median of their quicker half, as the calibration takes the quicker half of its steps.
  int64_t measured_ns() const;
  /// Median of all that count.
  int64_t median_ns() const { return quantile(counted_ns(), 0.5); }
  bool has_steady() const;
  /// How far its own rounds that count are apart, as a share of their median.
  double spread() const;
  bool steady() const { return spread() <= kSteady; }
  static constexpr double kSteady = 0.15;
};

struct BacktestError {
  double mean = 0, median = 0, worst = 0;  ///< of |estimated / measured - 1|
};
BacktestError error_of(const std::vector<BacktestCase>& cases, bool roofline);
/// Of the estimates, against the median of all rounds that count.
BacktestError error_of_medians(const std::vector<BacktestCase>& cases);

/// One line a case, at most 80 columns; then the errors, the intervals, and how far the machine itself drifted.
std::string backtest_text(const std::vector<BacktestCase>& cases, const MachineProfile& profile);
/// Schema "tacho.backtest" (docs/estimate.md).
std::string backtest_json(const std::vector<BacktestCase>& cases, const MachineProfile& profile);

}  // namespace tacho
