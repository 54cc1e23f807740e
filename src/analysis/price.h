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

/// By row of `other`: the row of `own` that is the same calls of the same kernel at the same place; -1: none, or a
/// view.
std::vector<int> rows_in_both(const std::vector<NodeRow>& own, const std::vector<NodeRow>& other);

/// What rows take by themselves in thread time of one step, measured in turn and with memory as their steps would have
/// left it (exec/placed_times.h).
struct AloneTimes {
  std::vector<int64_t> own;    ///< by row of the run; 0 for those in both, and where they were not measured
  std::vector<int64_t> other;  ///< by row of the other step; 0 for those in both
  /// In turn with these the run's kernels in a step on as many threads as the other has: all its rows, and whole. Empty
  /// and 0 where it was not measured: as the run had it.
  std::vector<int64_t> own_in_step;
  int64_t own_step_ns = 0;
  int64_t run_step_ns = 0;  ///< then, too: the run's step, on its own threads
};

/// A row of the step that was not run.
struct PricedRow {
  std::string node, kernel;
  int64_t alone_ns = 0;      ///< as measured for the estimate; 0 where it stands in both steps
  int64_t estimated_ns = 0;  ///< in that step, over all threads
};

struct Price {
  std::optional<Gain> gain;
  int64_t of_ns = 0;            ///< the step that it is of
  std::string unpriced;         ///< why there is no gain
  std::vector<PricedRow> rows;  ///< by row of the other step
};

/// Time saved by `other` against the measured step.
///
/// What disturbs a machine only makes steps longer, and is no part of what a switch saves: of the run's steps the
/// quicker half counts. Where the step was measured again in turn with kernels, it stands for the run's: a machine's
/// pace changes in minutes. A row that stands in both steps keeps its measured time, which is of the run's kernels on
/// as many threads as the other step has. Another row takes what it takes by itself. Where the step was not measured
/// again, that is times what the rows that the switch exchanges took in the step by what they take by themselves, on
/// one thread the step on one thread holds (RunRecord::apart), and on other numbers of threads the ratio of the rows'
/// floors is between. The rows' times are then played through the schedule (analysis/replay.h), with this run's
/// dispatch by call, and its ratio of the step to its own replay.
///
/// The interval is two standard deviations: of the rows by how far the exchanged ones are from what they take by
/// themselves, as independent, of all of them together, and of the steps.
Price price(const Report& own, const PlannedStep& other, const AloneTimes& alone);

}  // namespace tacho
