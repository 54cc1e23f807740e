#pragma once
// A training's whole state in one file, `checkpoint.safetensors`: parameters and running statistics under the names of
// the contract (so that it opens in Python as it is), the optimiser's variables, the normalisation's mean, and the rest
// as metadata. One rename makes it current, so a folder holds the old checkpoint or the new one, complete.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset.h"
#include "exec/executor.h"
#include "nn/objective.h"
#include "nn/optimizer.h"
#include "nn/spec.h"
#include "plan/plan.h"

namespace tacho {

struct Checkpoint {
  NetworkSpec network;
  DType dtype = DType::float32;
  LossOptions loss;
  OptimizerOptions optimizer;
  double learning_rate = 0.001;

  int64_t step = 0;  ///< steps done
  int64_t batch = 0;
  int64_t examples = 0;  ///< of the training part: with batch, seed and shuffle the position in the permutations
  uint64_t seed = 0;
  bool shuffle = true;

  Normalization normalization;
  std::vector<int64_t> class_labels;
  /// Every switch but threads, which must not influence a checkpoint's bytes.
  std::vector<std::pair<std::string, std::string>> switches;
  /// What --dtype said; `dtype` is that of the variables.
  std::string precision() const;
  std::string plan;       ///< fingerprint: same plan, same bits
  KernelChoices choices;  ///< of that plan

  VariableStore variables;  ///< parameters, running statistics, optimiser state
};

/// The checkpoint's file in `folder`.
std::string checkpoint_file(const std::string& folder);

/// Whether `folder` holds a complete checkpoint.
bool has_checkpoint(const std::string& folder);

/// Replaces the folder's checkpoint. The bytes depend on the argument only. Throws tacho::Error.
void write_checkpoint(const std::string& folder, const Checkpoint& checkpoint);

/// Reads and checks a checkpoint that nobody vouches for: every parameter, statistic and optimiser variable is there in
/// its type. Throws tacho::Error; where there is none it says what would make one.
Checkpoint read_checkpoint(const std::string& folder);

/// Makes the folder where it is absent, and removes temporary files of killed runs. Throws tacho::Error where the
/// folder cannot be written.
void prepare_checkpoint_folder(const std::string& folder);
void remove_leftovers(const std::string& folder);

/// Removes the folder's checkpoint, if any.
void remove_checkpoint(const std::string& folder);

/// Copies parameters (all of them, converted to their variable's dtype) and running statistics (where present) from a
/// safetensors file into `variables`. Other tensors of known optimiser names are ignored. Throws tacho::Error that
/// lists missing, unknown and mismatching names.
void initialize_from(const std::string& path, const NetworkSpec& network, VariableStore& variables);

}  // namespace tacho
