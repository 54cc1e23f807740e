#pragma once
// Estimates beside real steps of configurations that no fit has seen.
#include <functional>
#include <string>
#include <vector>

#include "analysis/estimate/estimate.h"
#include "trace/statistics.h"

namespace tacho {

struct BacktestCase {
  std::string network;
  int64_t batch = 1;
  int threads = 1;
  bool toml = false;  ///< a network of the user's kind: written as TOML, of no built-in family
  int64_t estimated_ns = 0, low_ns = 0, high_ns = 0, roofline_ns = 0;
  std::vector<int64_t> rounds_ns;  ///< median step of each round: rounds are minutes apart
  std::vector<double> rates;       ///< multiply-adds around each round, FLOP/s: how fast the machine itself was
  int64_t samples = 0;             ///< steps of all rounds

  int64_t measured_ns() const { return quantile(rounds_ns, 0.5); }
  /// How far its own rounds are apart, as a share of their median.
  double spread() const;
  bool steady() const { return spread() <= kSteady; }
  static constexpr double kSteady = 0.15;
};

/// What is compared where nothing else is asked for: 10 families and 5 TOML networks, batch 1 to 256, 1 and `threads`
/// threads.
std::vector<BacktestCase> backtest_cases(int threads);

/// Rounds of a whole backtest: every case once in each, so that what the machine does for a minute meets a case once.
constexpr int kBacktestRounds = 3;

/// Estimates the case; nothing is run.
void estimate_case(BacktestCase& chosen, const CostModel& model, const MachineProfile& profile);
/// Measures its steps for about so long: one more round.
void measure_case(BacktestCase& chosen, double seconds);

struct BacktestError {
  double mean = 0, median = 0, worst = 0;  ///< of |estimated / measured - 1|
};
BacktestError error_of(const std::vector<BacktestCase>& cases, bool roofline);

/// The kept measurements, so that a backtest can be run in pieces; empty where there are none of this machine.
/// Estimates are not kept: they are made anew from the calibration.
std::vector<BacktestCase> kept_backtest();
void keep_backtest(const std::vector<BacktestCase>& cases);

}  // namespace tacho
