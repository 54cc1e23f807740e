#pragma once
// Findings with what their switches would save: other ways are planned, not run; and, when asked, run after all.
#include "analysis/price.h"
#include "lab/measure.h"

namespace tacho {

/// Plans the step of each finding that turns a switch (once per switch and value; kernels new to this machine are
/// measured alone, as at any first plan), fills in its estimated gain or why there is none, and orders the findings by
/// it.
void price_findings(Report& report, const StepOptions& options, const Switches& switches,
                    const MeasureOptions& measuring);

/// An estimate beside what was measured.
struct Verified {
  std::string turn, value;
  Gain estimated;
  Gain measured;        ///< of alternating runs of both ways: median, and the range of the pairs
  int64_t step_ns = 0;  ///< of this way, median of the same runs
  int64_t pairs = 0;
  bool holds = false;  ///< the medians differ by at most a tenth of the step
};

/// Turns the switch of every finding that has a gain, and measures both ways in alternation, `pairs` times.
std::vector<Verified> verify_gains(const Report& report, const StepOptions& options, const Switches& switches,
                                   const Dataset& data, const MeasureOptions& measuring, int64_t pairs = 3);

/// One line a switch, at most 80 columns.
std::string to_text(const std::vector<Verified>& verified);

}  // namespace tacho
