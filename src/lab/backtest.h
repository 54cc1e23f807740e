#pragma once
// Estimates beside real steps of configurations that no fit has seen.
#include <functional>
#include <string>
#include <vector>

#include "analysis/estimate/estimate.h"

namespace tacho {

struct BacktestCase {
  std::string network;
  int64_t batch = 1;
  int threads = 1;
  bool toml = false;  ///< a network of the user's kind: written as TOML, of no built-in family
  int64_t estimated_ns = 0, low_ns = 0, high_ns = 0, roofline_ns = 0;
  int64_t measured_ns = 0, mad_ns = 0, samples = 0;  ///< 0: not measured yet
};

/// What is compared where nothing else is asked for: 10 families and 5 TOML networks, batch 1 to 256, 1 and `threads`
/// threads.
std::vector<BacktestCase> backtest_cases(int threads);

/// Estimates the case without running it, then measures its steps: three runs of about `seconds` / 3.
void run_backtest_case(BacktestCase& chosen, const CostModel& model, const MachineProfile& profile, double seconds);

struct BacktestError {
  double mean = 0, median = 0, worst = 0;  ///< of |estimated / measured - 1|
};
BacktestError error_of(const std::vector<BacktestCase>& cases, bool roofline);

/// The kept results, so that a backtest can be run in pieces; empty where there are none of this machine.
std::vector<BacktestCase> kept_backtest();
void keep_backtest(const std::vector<BacktestCase>& cases);

}  // namespace tacho
