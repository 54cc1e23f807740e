#pragma once
#include "cli/common_flags.h"
#include "train/checkpoint.h"

namespace tacho {

/// Flags that were not written take what the checkpoint was trained with (network, batch, optimiser, loss, seed, and
/// every switch but threads), so that a resumed run repeats the same plan. Needs all groups of common flags and
/// --no-shuffle in `set`.
void adopt_flags(const Checkpoint& checkpoint, const FlagSet& set, CommonFlags& flags, bool& no_shuffle);

/// The checkpoint's loss and its numbers where none were written. Needs the group of the loss in `set`.
void adopt_loss(const Checkpoint& checkpoint, const FlagSet& set, LossOptions& loss);

/// The switches of a checkpoint for those that were not written; what this machine does not have is left at its
/// default. --dtype is the checkpoint's: throws tacho::Error where another one was written.
void adopt_switches(const Checkpoint& checkpoint, Switches& switches);

/// What evaluate and predict work on.
struct CheckpointRun {
  Checkpoint checkpoint;
  Dataset data;      ///< normalised and labelled as the training data were
  StepOptions step;  ///< the checkpoint's network and loss, the flags' batch and switches
};

/// Reads the checkpoint in `folder` and the data of --data (default: the built-in set that fits the network). Needs the
/// groups of data, batch and switches in `set`. Throws tacho::Error where the two do not fit.
CheckpointRun checkpoint_run_from(const std::string& folder, const FlagSet& set, CommonFlags flags);

}  // namespace tacho
