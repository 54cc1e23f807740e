#pragma once
// What a reader is told to do: which findings would save time, which say that the run is right as it is, and which are
// too small to look at.
#include "analysis/report.h"

namespace tacho {

/// A bound below this share of the step is not worth anybody's time.
constexpr double kWorthOfStep = 0.01;

/// Whether turning its switch (or batch) saves time beyond the estimate's own interval.
bool saves(const Finding& finding);

/// Says each finding's group and puts them in the order in which they are printed: what saves, most first; then what
/// the reader can change though no switch does it, by the most that it could give; then what nobody could price; then
/// what makes another network of it. Then what only faster kernels would give, those that are right as they are, the
/// least costly alternative first; `leave_alone` last.
void group_findings(std::vector<Finding>& findings, const StepSummary& step);

/// The report in short: what the reader can change, or that nothing that can be switched saves time; then, apart, what
/// only faster kernels would give.
struct Advice {
  std::string text;                   ///< one to three sentences
  std::string command;                ///< to copy; empty where there is none
  std::optional<int64_t> kernels_ns;  ///< kernels_only_ns
};
Advice advice_of(const Report& report);

/// What the step would be shorter if every kernel ran at its floor (or, without floors, the largest bound of group
/// `kernels`): the most that only better kernels could give. Empty where no finding is in that group.
std::optional<int64_t> kernels_only_ns(const Report& report);

/// "at most -1.84 ms a step (-34 %)".
std::string bound_text(int64_t at_most_ns, const Report& report);

/// Whether two findings ask for the same: one switch and value, or one batch.
bool same_change(const Finding& a, const Finding& b);

/// A finding's text up to its first full stop: what is said of an alternative that does not pay.
std::string first_sentence(const std::string& text);

/// "-3.41 ± 0.42 ms a step (-14 %)", "at most -0.31 ms a step (-6.2 %)"; for a batch "... ms for 128 examples". Empty
/// where nothing was priced. A gain is what the step's time becomes less by, so it is printed with its sign turned.
std::string gain_text(const Finding& finding, const Report& report);

}  // namespace tacho
