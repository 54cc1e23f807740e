#pragma once
// What a reader is told to do: which findings would save time, which say that the run is right as it is, and which are
// too small to look at.
#include "analysis/report.h"

namespace tacho {

/// A bound below this share of the step is not worth anybody's time.
constexpr double kWorthOfStep = 0.01;

/// Whether turning its switch (or batch) saves time beyond the estimate's own interval.
bool saves(const Finding& finding);

/// Says each finding's group and puts them in the order in which they are printed: what saves, most first; then what no
/// switch does, by the most that it could give; then what nobody could price. Then those that are right as they are,
/// the least costly alternative first; `leave_alone` last.
void group_findings(std::vector<Finding>& findings, const StepSummary& step);

/// The report in one sentence: what to change, or that no switch saves time and where most of the time is left.
struct Advice {
  std::string text;     ///< one or two sentences
  std::string command;  ///< to copy; empty where there is none
};
Advice advice_of(const Report& report);

/// Whether two findings ask for the same: one switch and value, or one batch.
bool same_change(const Finding& a, const Finding& b);

/// A finding's text up to its first full stop: what is said of an alternative that does not pay.
std::string first_sentence(const std::string& text);

/// "-3.41 ± 0.42 ms a step (-14 %)", "at most -0.31 ms a step (-6.2 %)"; for a batch "... ms for 128 examples". Empty
/// where nothing was priced. A gain is what the step's time becomes less by, so it is printed with its sign turned.
std::string gain_text(const Finding& finding, const Report& report);

}  // namespace tacho
