#pragma once
// A step's schedule played through without running anything: what the pool would do with known times.
#include <cstdint>
#include <functional>
#include <vector>

#include "plan/plan.h"
#include "plan/step_schedule.h"

namespace tacho {

/// Nanoseconds of each item of a plan (each call of a schedule), by stage, task and item.
using ItemTimes = std::vector<std::vector<std::vector<int64_t>>>;

/// `ns_of(item)` for every item. Throws tacho::Error where one is negative.
ItemTimes item_times(const Plan& plan, const std::function<int64_t(const Item&)>& ns_of);
/// Each node's time in one step (thread time, over all its slices; one entry per planned node), shared out over its
/// items by the size of their slices, to the nanosecond.
ItemTimes item_times_of_nodes(const Plan& plan, const std::vector<int64_t>& node_ns);
/// The same of a schedule's rows.
ItemTimes item_times_of_rows(const StepSchedule& schedule, const std::vector<int64_t>& row_ns);

/// Everything but kernels. An empty run of the pool takes `dispatch_ns`, each further stage of it `barrier_ns`: as
/// `tacho machine` measures them.
struct ReplayCosts {
  int64_t before_ns = 0;    ///< the caller alone, before it starts the run: waiting for data, binding inputs
  int64_t after_ns = 0;     ///< the caller alone, when the run is over
  int64_t dispatch_ns = 0;  ///< from the start of the run until its threads take tasks
  int64_t barrier_ns = 0;   ///< from the end of a stage's last task until the next stage's are taken; in a schedule
                            ///< without stages from a task becoming ready until a waiting thread takes it
  int64_t item_ns = 0;      ///< before each item, on the thread that runs it
};

/// One thread's time in the step, in the ledger's accounts.
struct ReplayedThread {
  int64_t kernel_ns = 0;
  int64_t dispatch_ns = 0;  ///< with `before_ns` and `after_ns`, on thread 0
  int64_t sync_ns = 0;
  int64_t idle_ns = 0;
};

/// A task that was run.
struct ReplayedTask {
  int stage = 0, task = 0, thread = 0;
  int64_t begin_ns = 0, end_ns = 0;  ///< from the step's begin
};

struct Replay {
  int64_t wall_ns = 0;
  std::vector<ReplayedThread> threads;  ///< their accounts sum to threads x wall
  /// The tasks that held up one another from the first to the last, in order: each began as soon as the one before it
  /// was over (and the costs between them), so shortening any of them by a little shortens the step.
  std::vector<ReplayedTask> chain;
};

/// Plays one step on `threads` threads as pool/ runs it: stages one after another, the tasks of a stage taken in order
/// by whichever thread is free first (of several the lowest), or, for a schedule with successors, each task from the
/// moment its predecessors are over, longest ready first. Throws tacho::Error where the times are not the schedule's or
/// a cost is negative.
Replay replay(const StepSchedule& schedule, const ItemTimes& times, int threads, const ReplayCosts& costs = {});
Replay replay(const Plan& plan, const ItemTimes& times, int threads, const ReplayCosts& costs = {});

}  // namespace tacho
