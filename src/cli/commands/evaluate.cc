#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/checkpoint_flags.h"
#include "cli/command.h"
#include "train/trainer.h"

namespace tacho {
namespace {

using Json = nlohmann::ordered_json;

struct EvaluateFlags {
  CommonFlags common;
  std::string checkpoint;
};

int run(const EvaluateFlags& flags, const FlagSet& set) {
  CheckpointRun run = checkpoint_run_from(flags.checkpoint, set, flags.common);
  run.step.loss = flags.common.loss;
  adopt_loss(run.checkpoint, set, run.step.loss);
  check_loss(run.step.loss);
  Pool pool(run.step.way.threads);
  Evaluator evaluator(run.step, pool, run.checkpoint.variables);
  const Evaluation result = evaluator.evaluate(evaluation_x(run.data), evaluation_y(run.data));
  const char* part = run.data.has_test() ? "test" : "all";
  if (flags.common.text_wanted())
    std::printf("%s at step %lld on %s (%s examples): loss %.6g, accuracy %.2f %% of %lld\n",
                run.step.network.name.c_str(), static_cast<long long>(run.checkpoint.step), run.data.name.c_str(), part,
                result.loss, 100 * result.accuracy, static_cast<long long>(result.examples));
  write_json(flags.common, Json{{"schema", "tacho.evaluate"},
                                {"schema_version", 1},
                                {"network", run.step.network.name},
                                {"data", run.data.name},
                                {"part", part},
                                {"step", run.checkpoint.step},
                                {"loss", result.loss},
                                {"accuracy", result.accuracy},
                                {"examples", result.examples}}
                               .dump(2));
  return 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<EvaluateFlags>();
  set.heading("Evaluate");
  set.text("--checkpoint", "DIR", "the folder that train wrote (needed)", flags->checkpoint);
  add_common_flags(set, flags->common, kDataFlags | kBatchFlags | kLossFlags | kSwitchFlags | kOutputFlags);
  return [flags, &set] { return run(*flags, set); };
}

}  // namespace

extern const Command command_evaluate;
const Command command_evaluate = {"evaluate", "", "loss and accuracy of a checkpoint",
                                  "tacho evaluate --checkpoint run        on the built-in set's test part\n"
                                  "tacho evaluate --checkpoint run --data mine.npz --json -",
                                  declare};

}  // namespace tacho
