#pragma once
// Estimates beside real steps of configurations that no fit has seen.
#include <vector>

#include "analysis/estimate/backtest.h"
#include "analysis/estimate/estimate.h"
#include "lab/pace.h"

namespace tacho {

/// What is compared where nothing else is asked for: ten built-in networks and three TOML ones, batch 1 to 256, 1 and
/// `threads` threads.
std::vector<BacktestCase> backtest_cases(int threads);

/// Estimates the case; nothing is run.
void estimate_case(BacktestCase& chosen, const CostModel& model, const MachineProfile& profile);
/// Measures its steps for about so long: one more round. Again, up to three times, where the machine was slower around
/// them than usual at the calibration: of these the fastest.
void measure_case(BacktestCase& chosen, double seconds, const Pace& usual);

/// The kept measurements, so that a backtest can be run in pieces; empty where there are none of this machine.
/// Estimates are not kept: they are made anew from the calibration.
std::vector<BacktestCase> kept_backtest();
void keep_backtest(const std::vector<BacktestCase>& cases);

}  // namespace tacho
