#pragma once
// A backtest as people and programs read it.
#include "lab/backtest.h"

namespace tacho {

/// One line a case, at most 80 columns; then the errors, the intervals, and how far the machine itself drifted.
std::string backtest_text(const std::vector<BacktestCase>& cases, const MachineProfile& profile);
/// Schema "tacho.backtest" (docs/estimate.md).
std::string backtest_json(const std::vector<BacktestCase>& cases, const MachineProfile& profile);

}  // namespace tacho
