#pragma once
#include <functional>

#include "analysis/sweep/time_to_accuracy.h"
#include "data/dataset.h"
#include "train/session.h"

namespace tacho {

struct AccuracyOptions {
  std::string over;  ///< batch or optimizer
  /// Batch sizes or optimisers, each with its learning rate.
  std::vector<std::pair<std::string, double>> values;
  double target = 0.97;  ///< of the test part (of all examples, where there is none)
  int64_t seeds = 3;     ///< trainings of each value, from seeds `seed`, `seed` + 1, ...
  uint64_t seed = 0;
  int64_t most_epochs = 20;
  int64_t checks_an_epoch = 4;  ///< how often the accuracy is looked at: steps are counted in such units
  std::function<void(const std::string& what)> progress;  ///< before each training
};

/// Trains for real, once for each value and seed; seeds are in the outer loop, so that drift moves all values alike.
/// Throws tacho::Error for a value that is no batch size or optimiser.
AccuracyRecord measure_time_to_accuracy(const StepOptions& step, const Dataset& data, const AccuracyOptions& options);

}  // namespace tacho
