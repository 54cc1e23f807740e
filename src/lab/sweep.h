#pragma once
// The same step at several sizes, or on several numbers of threads: the measurements behind `tacho sweep`.
#include <functional>

#include "analysis/sweep/sweep.h"
#include "data/dataset.h"
#include "train/session.h"

namespace tacho {

struct SweepOptions {
  std::string over;            ///< batch, width, depth, image or threads
  std::vector<double> values;  ///< at least two different ones
  Switches switches;           ///< the way; with --over threads their number is replaced
  int rounds = 3;
  double learning_rate = 0.001;
  uint64_t seed = 0;
  /// The network for images of that shape, for --over image.
  std::function<NetworkSpec(const Shape& image)> network_for;
  /// Before each visit: what is measured, and which share of all visits is over.
  std::function<void(const std::string& what, double share)> progress;
};

/// What can be swept. Throws tacho::Error with the reason for anything else.
void check_swept(const std::string& over);

/// Measures all values in turn, `rounds` times, every other round backwards. Images are the data's, enlarged or reduced
/// to the nearest pixel. Throws tacho::Error for values that make no network.
SweepRecord measure_sweep(const StepOptions& step, const Dataset& data, const SweepOptions& options);

}  // namespace tacho
