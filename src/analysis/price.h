#pragma once
// What a step that was planned but not run would take, beside one that was measured: the gains that findings print.
#include <optional>

#include "analysis/report.h"

namespace tacho {

/// A planned step: what the lab makes without running it.
struct PlannedStep {
  std::vector<NodeRow> rows;
  StepSchedule schedule;
  int threads = 1;
};

/// Time saved by `other` against the measured step; or the reason why there is no estimate.
///
/// A row that stands in both steps alike (path, backend, kernel, calls, bytes) keeps its measured time. Another one
/// takes the time that its kernel took alone when the plan chose it (NodeRow::tuned_ns), times what kernels of this run
/// take in the step over what they take alone: a median weighted by time, whose spread is the row's uncertainty. Rows
/// that nobody measured (combining, packing, layouts) take their bytes at this run's ratio to the floor. The rows are
/// then put through the schedule (plan/step_schedule.h), with this run's ratio of the step to its schedule. The
/// interval is two standard deviations, rows' errors taken as independent, and the steps' own spread.
struct Price {
  std::optional<Gain> gain;
  std::string unpriced;
};
Price price(const Report& own, const PlannedStep& other);

/// Orders findings: first those whose switch would save something, by
/// what it would save; then the others as they were; `leave_alone` last.
void order_by_gain(std::vector<Finding>& findings);

}  // namespace tacho
