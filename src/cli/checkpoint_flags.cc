#include "cli/checkpoint_flags.h"

#include <algorithm>

#include "base/error.h"
#include "nn/builtin.h"

namespace tacho {

void adopt_switches(const Checkpoint& checkpoint, Switches& switches) {
  // A checkpoint holds values; what is multiplied in bfloat16 has float32 ones.
  const std::string dtype(name_of(checkpoint.dtype)), with = dtype == "float32" ? "bfloat16" : dtype;
  if (switches.set.count("dtype") && switches.set.at("dtype") != dtype && switches.set.at("dtype") != with)
    fail("--dtype ", switches.set.at("dtype"), ": the checkpoint holds ", dtype, "; leave --dtype out");
  const bool way_given = switches.set.count("execution") > 0;
  for (const auto& [name, value] : checkpoint.switches) {
    if (switches.set.count(name) || value.empty() || name == "threads") continue;
    // Fusion, memory plan and schedule follow the execution that was written.
    if (way_given && (name == "fusion" || name == "memory-plan" || name == "schedule")) continue;
    std::string list;
    for (const char c : value)
      if (c != ' ') list += c;
    Switches trial = switches;
    try {
      set_switch(trial, name, list);
    } catch (const Error&) {
      continue;  // a backend that is not here; the plan's fingerprint will tell
    }
    switches = trial;
  }
}

void adopt_loss(const Checkpoint& checkpoint, const FlagSet& set, LossOptions& loss) {
  if (!set.given("--loss")) loss.kind = checkpoint.loss.kind;
  if (loss.kind != checkpoint.loss.kind) return;  // the numbers of another loss would be refused
  if (!set.given("--label-smoothing")) loss.label_smoothing = checkpoint.loss.label_smoothing;
  if (!set.given("--huber-delta")) loss.huber_delta = checkpoint.loss.huber_delta;
}

void adopt_flags(const Checkpoint& checkpoint, const FlagSet& set, CommonFlags& flags, bool& no_shuffle) {
  if (!set.given("--network") && !set.given("NETWORK")) {
    const std::vector<std::string> builtin = builtin_names();
    if (std::find(builtin.begin(), builtin.end(), checkpoint.network.name) == builtin.end())
      fail("the checkpoint's network '", checkpoint.network.name,
           "' is not built in; repeat its --network FILE (and --width, --depth)");
    flags.network = checkpoint.network.name;
  }
  if (!set.given("--image")) flags.image = checkpoint.network.input;
  if (!set.given("--classes")) flags.classes = checkpoint.network.classes;
  if (!set.given("--batch-size")) flags.batch_size = checkpoint.batch;
  if (!set.given("--seed")) flags.seed = int64_t(checkpoint.seed);
  adopt_loss(checkpoint, set, flags.loss);
  if (!set.given("--learning-rate")) flags.learning_rate = checkpoint.learning_rate;
  if (!set.given("--optimizer")) flags.optimizer.kind = checkpoint.optimizer.kind;
  if (!set.given("--momentum")) flags.optimizer.momentum = checkpoint.optimizer.momentum;
  if (!set.given("--weight-decay")) flags.optimizer.weight_decay = checkpoint.optimizer.weight_decay;
  if (!set.given("--clip-value")) flags.optimizer.clip_value = checkpoint.optimizer.clip_value;
  if (!set.given("--clip-norm")) flags.optimizer.clip_norm = checkpoint.optimizer.clip_norm;
  if (!set.given("--no-shuffle")) no_shuffle = !checkpoint.shuffle;
  if (!set.given("--normalize")) flags.normalize = checkpoint.normalization.kind;
  adopt_switches(checkpoint, flags.switches);
}

CheckpointRun checkpoint_run_from(const std::string& folder, const FlagSet& set, CommonFlags flags) {
  if (folder.empty()) fail("--checkpoint DIR is needed: the folder that 'tacho train --checkpoint DIR' wrote");
  CheckpointRun run;
  run.checkpoint = read_checkpoint(folder);
  if (set.given("--normalize") && flags.normalize != run.checkpoint.normalization.kind)
    fail("--normalize ", name_of(*flags.normalize), ": the checkpoint was trained with ",
         name_of(run.checkpoint.normalization.kind), "; leave --normalize out");
  if (!set.given("--batch-size")) flags.batch_size = run.checkpoint.batch;
  adopt_switches(run.checkpoint, flags.switches);
  run.step.network = run.checkpoint.network;
  run.step.batch = flags.batch_size;
  run.step.kind = StepKind::evaluate;
  run.step.loss = run.checkpoint.loss;
  run.step.optimizer = run.checkpoint.optimizer;
  run.step.way = resolve(flags.switches);
  const std::string builtin = builtin_set_for(run.step.network.input);
  if (!flags.data && builtin.empty())
    fail("no built-in data set has examples of ", to_string(run.step.network.input), "; say --data");
  DataSpec spec = data_spec_from(flags, builtin);
  spec.normalization = run.checkpoint.normalization;
  spec.class_labels = run.checkpoint.class_labels;
  spec.features = element_count(run.step.network.input);
  run.data = load_dataset(spec);
  fit_examples(run.data, run.step.network.input);
  return run;
}

}  // namespace tacho
