#pragma once
// Time to an accuracy = time per step x number of steps, for batch sizes or optimisers.
#include <optional>
#include <string>
#include <vector>

#include "analysis/render_json.h"
#include "analysis/scaling/power_fit.h"
#include "analysis/text.h"

namespace tacho {

/// One training.
struct AccuracyRun {
  uint64_t seed = 0;
  int64_t steps = 0, training_ns = 0;  ///< until the accuracy was reached, or in all; evaluations are not in it
  double accuracy = 0;                 ///< at the end
  bool reached = false, diverged = false;
};

/// All trainings of one value.
struct AccuracyPoint {
  std::string value;  ///< "64", "adam"
  double learning_rate = 0;
  std::vector<AccuracyRun> runs;

  /// The (lower) median by training time; null unless all runs reached the accuracy.
  const AccuracyRun* median() const;
};

struct AccuracyRecord {
  std::string command = "tacho sweep", network, data, machine, way, over;
  std::string optimizer;  ///< with --over batch
  int64_t batch = 0;      ///< with --over optimizer
  double target = 0;
  int64_t train_examples = 0, test_examples = 0, most_epochs = 0;
  int threads = 1;
  std::string dtype = "float32";  ///< or float64, bfloat16
  std::vector<AccuracyPoint> points;
};

/// How steps, time per step and their product grow with the batch size: values that reached the accuracy only.
struct AccuracyFits {
  std::optional<PowerFit> steps, step_ns, time;
};
AccuracyFits fit_accuracy(const AccuracyRecord& record);

std::string render_text(const AccuracyRecord& record, const Paint& paint = {});
/// `schema` "tacho.sweep", with `until`.
Json to_json(const AccuracyRecord& record);

}  // namespace tacho
