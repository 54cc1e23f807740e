#pragma once
// Runs one configuration and records everything the analyser needs.
#include <functional>
#include <optional>

#include "analysis/record.h"
#include "data/dataset.h"
#include "train/session.h"

namespace tacho {

class Feed;

struct MeasureOptions {
  std::optional<int64_t> steps;   ///< measured steps; unset: as many as `seconds` allow
  std::optional<double> seconds;  ///< of measured steps; unset: 5, and at most 200 steps
  int64_t warmup = 3;             ///< steps before, at least; more until they are stable, for at most a second
  double learning_rate = 0.001;
  uint64_t seed = 0;
  /// Called after the step that is said, outside every measurement: for progress.
  std::function<void(const char* what)> progress;
  /// Called before each measured step, in the account `profiler`: for what is planted.
  std::function<void(Feed&, int64_t step)> before_step;
  bool apart = false;     ///< each kernel by itself, and the step on one thread: some two seconds more
  bool ceilings = false;  ///< with this machine's profile: the kept one, else it is measured first and kept
};

/// Warms up, then measures whole steps contiguously: batches come from a prefetching thread, waiting for them is the
/// account `input`. The data must fit the network. Throws tacho::Error for a user's mistake.
RunRecord measure(const StepOptions& options, const Dataset& data, const MeasureOptions& measuring);

/// What the options and the data say of a run: everything of the record that nothing has to run for.
void describe_run(RunRecord& record, const StepOptions& options, const Dataset& data);
/// What a session that has made a step says of it: rows, schedule, memory. `record.threads` must be set.
void describe_executor(RunRecord& record, Session& session);

}  // namespace tacho
