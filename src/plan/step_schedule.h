#pragma once
// Which rows' kernels must follow one another in a step, as plain data: what the analyser simulates with.
#include <cstdint>
#include <vector>

namespace tacho {

struct Plan;

/// One call in a task: `units` (examples, or rows of its own) of all the units of `row`.
struct ScheduledCall {
  int32_t row = -1;
  int64_t units = 1;
};

/// Stages of independent tasks with a barrier after each stage; or, where `successors` is not empty, the tasks of the
/// only stage, each as soon as those it depends on are over (tasks are in an order that respects that).
struct StepSchedule {
  std::vector<std::vector<std::vector<ScheduledCall>>> stages;  ///< stage, task, call
  std::vector<std::vector<int>> successors;                     ///< of each task

  bool empty() const { return stages.empty(); }
  /// Appends the stages of another, which come behind these.
  void append(const StepSchedule& next);
};

/// The plan's, its first node being row `first_row`.
StepSchedule schedule_of(const Plan& plan, int first_row = 0);

/// How much parallelism there is in a schedule: time of all tasks, and of the longest chain of tasks that must follow
/// one another.
struct WorkSpan {
  int64_t work_ns = 0, span_ns = 0;
  double parallelism() const { return span_ns > 0 ? double(work_ns) / double(span_ns) : 0; }
};
/// From the time of each row in one step, over all its calls; a call takes its units' part of it.
WorkSpan work_and_span(const StepSchedule& schedule, const std::vector<int64_t>& row_ns);

}  // namespace tacho
