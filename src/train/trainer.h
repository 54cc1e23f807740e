#pragma once
// The training loop: batches in, steps, log, checkpoints, validation.
#include <functional>
#include <optional>
#include <string>

#include "data/dataset.h"
#include "train/checkpoint.h"
#include "train/evaluation.h"
#include "train/session.h"

namespace tacho {

/// Where a training stands, for who shows it.
struct TrainProgress {
  int64_t step = 0, last_step = 0;  ///< done; at the end
  int64_t epoch = 0;                ///< from 0, of the step just done
  double loss = 0;                  ///< of the step just done
  double examples_per_s = 0;
  const std::optional<Evaluation>& validation;  ///< the latest
};

/// Steps of a training that are recorded for whoever looks at them: a few, so that memory is bounded.
struct RecordedSteps {
  int64_t steps = 0;   ///< at most; 0: none
  int64_t warmup = 3;  ///< steps of this run before them: the first ones map memory and fill tables
  /// Told once they are over, with the number of the first of them. Validation and checkpoints end them early: they run
  /// other kernels. Never told where no step was recorded.
  std::function<void(const Ledger& ledger, Session& session, int64_t first_step)> done;
};

struct TrainOptions {
  StepOptions step;
  uint64_t seed = 0;
  double learning_rate = 0.001;
  bool shuffle = true;
  int64_t epochs = 1;
  std::optional<int64_t> max_steps;  ///< in all, resumed ones included; beats `epochs`

  std::string checkpoint;               ///< folder; empty: none
  int64_t checkpoint_every = 0;         ///< steps; 0: only at the end
  bool resume = false;                  ///< from the folder's checkpoint, where it holds one
  std::string init;                     ///< safetensors file; empty: initial values by seed
  std::string log;                      ///< file of JSON lines; empty: none
  const Dataset* validation = nullptr;  ///< examples of its test part (all, where it has none), after each epoch
  bool log_validation = false;          ///< validation lines in the log

  RecordedSteps record;

  std::function<void(const TrainProgress&)> progress;  ///< after each step; may be empty
  std::function<bool()> stop;                          ///< asked after each step: save and return
  std::function<void(const std::string&)> warn;        ///< one line that the user should see; may be empty
};

struct TrainResult {
  int64_t first_step = 1;  ///< of this run: after the checkpoint's where it resumed
  int64_t steps = 0;       ///< done in all
  double loss = 0;         ///< of the last step
  double examples_per_s = 0;
  bool interrupted = false;
  std::optional<Evaluation> validation;
  VariableStore variables;
};

/// Trains on the training part of `data`. Step k reads positions (k-1)B .. kB-1 of the endless sequence of epoch
/// permutations, so a run that is killed and resumed ends with the same bits as one that was not. Throws tacho::Error:
/// wrong files, a checkpoint of another run, a loss that is not finite.
TrainResult train(const TrainOptions& options, const Dataset& data);

/// Throws tacho::Error that names the first difference where the run that `options` describe is not the checkpoint's.
void check_same_run(const Checkpoint& checkpoint, const TrainOptions& options, const Dataset& data);

/// The examples that evaluation reads: the test part where the set has one, else all.
const Tensor& evaluation_x(const Dataset& data);
const Tensor& evaluation_y(const Dataset& data);

}  // namespace tacho
