#include <atomic>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "analysis/chrome_trace.h"
#include "base/atomic_file.h"
#include "cli/checkpoint_flags.h"
#include "cli/command.h"
#include "cli/common_flags.h"
#include "cli/progress.h"
#include "lab/measure.h"
#include "train/trainer.h"

namespace tacho {
namespace {

using Json = nlohmann::ordered_json;

struct TrainFlags {
  CommonFlags common;
  TrainOptions options;
  std::optional<std::string> validation, trace;
  std::optional<int64_t> max_steps;
  bool no_shuffle = false;
};

std::atomic<bool> interrupted{false};

/// Ctrl-C and a polite kill end the run after its step, with its state saved; a second one ends it at once.
void on_signal(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
}

/// Other data than the run's, treated as the training data were.
Dataset load_validation(const std::string& name, const RunSetup& setup) {
  DataSpec spec;
  spec.spec = name;
  spec.normalization = setup.data.normalization;
  spec.class_labels = setup.data.class_labels;
  spec.features = element_count(setup.step.network.input);
  Dataset data = load_dataset(spec);
  fit_examples(data, setup.step.network.input);
  return data;
}

std::string as_json(const TrainResult& result, const RunSetup& setup, const TrainFlags& flags) {
  Json switches = Json::object();
  for (const auto& [name, value] : setup.step.way.switches) switches[name] = value;
  Json json{{"schema", "tacho.train"},
            {"schema_version", 1},
            {"network", setup.step.network.name},
            {"data", setup.data.name},
            {"batch_size", setup.step.batch},
            {"dtype", dtype_name(setup.step.way)},
            {"threads", setup.step.way.threads},
            {"switches", switches},
            {"optimizer", std::string(name_of(setup.step.optimizer.kind))},
            {"learning_rate", flags.options.learning_rate},
            {"first_step", result.first_step},
            {"steps", result.steps},
            {"loss", result.steps >= result.first_step ? Json(result.loss) : Json()},
            {"examples_per_s", result.examples_per_s},
            {"interrupted", result.interrupted}};
  if (result.validation)
    json["validation"] = {{"loss", result.validation->loss},
                          {"accuracy", result.validation->accuracy},
                          {"examples", result.validation->examples}};
  return json.dump(2);
}

void print(const TrainResult& result, const TrainFlags& flags) {
  const auto steps = static_cast<long long>(result.steps);
  if (result.steps < result.first_step)
    std::printf("nothing to do: the checkpoint is at step %lld already; raise --epochs or --max-steps\n", steps);
  else
    std::printf("%s after step %lld: loss %.6g, %.0f examples/s\n", result.interrupted ? "interrupted" : "trained",
                steps, result.loss, result.examples_per_s);
  if (result.validation)
    std::printf("validation: loss %.6g, accuracy %.2f %% of %lld examples\n", result.validation->loss,
                100 * result.validation->accuracy, static_cast<long long>(result.validation->examples));
  if (!flags.options.checkpoint.empty()) {
    std::printf("checkpoint: %s\n", checkpoint_file(flags.options.checkpoint).c_str());
    if (result.interrupted) std::printf("the same command with --resume continues\n");
  }
}

/// The trace of the recorded steps: what `analyze --trace` writes, of a training that goes on.
void write_trace(const std::string& file, const RunSetup& setup, const TrainFlags& flags, const Ledger& ledger,
                 Session& session, int64_t first_step) {
  RunRecord record;
  describe_run(record, setup.step, setup.data);
  record.command = "tacho train" + network_words(flags.common);
  record.warmup = first_step - 1;
  record.ledger = ledger;
  describe_executor(record, session);
  Json trace = chrome_trace(make_report(record));
  trace["otherData"]["first_training_step"] = first_step;
  write_file_atomic(file, trace.dump() + "\n");
}

int run(TrainFlags& flags, const FlagSet& set) {
  TrainOptions& options = flags.options;
  if (flags.max_steps && set.given("--epochs")) fail("--epochs and --max-steps exclude each other; give one of them");
  if (options.checkpoint.empty() && (options.resume || options.checkpoint_every > 0))
    fail(options.resume ? "--resume" : "--checkpoint-every", " needs --checkpoint DIR");
  if (options.resume && has_checkpoint(options.checkpoint))
    adopt_flags(read_checkpoint(options.checkpoint), set, flags.common, flags.no_shuffle);
  const RunSetup setup = setup_from(flags.common);
  options.step = setup.step;
  options.seed = uint64_t(flags.common.seed);
  options.learning_rate = flags.common.learning_rate;
  options.shuffle = !flags.no_shuffle;
  options.max_steps = flags.max_steps;
  std::optional<Dataset> validation;
  if (flags.validation && *flags.validation != "none" && *flags.validation != "test")
    validation = load_validation(*flags.validation, setup);
  if (flags.validation == "test" && !setup.data.has_test())
    fail("--validation test: ", setup.data.name, " has no test part; give --split A:B or other data");
  if (validation) options.validation = &*validation;
  else if (flags.validation != "none" && setup.data.has_test()) options.validation = &setup.data;
  options.log_validation = flags.validation.has_value();

  if (flags.trace) {
    options.record.steps = kMostTracedSteps;
    options.record.done = [&](const Ledger& ledger, Session& session, int64_t first_step) {
      write_trace(*flags.trace, setup, flags, ledger, session, first_step);
    };
  }

  ProgressLine line(!flags.common.quiet && is_terminal(2), use_color(flags.common.color, 2));
  options.progress = [&](const TrainProgress& progress) { line.show(progress); };
  options.warn = [&](const std::string& text) {
    line.clear();
    std::fprintf(stderr, "tacho: note: %s\n", text.c_str());
  };
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  options.stop = [] { return interrupted.load(); };
  const TrainResult result = train(options, setup.data);
  line.clear();
  if (flags.common.text_wanted()) print(result, flags);
  write_json(flags.common, as_json(result, setup, flags));
  return result.interrupted ? 130 : 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<TrainFlags>();
  TrainOptions& options = flags->options;
  set.heading("Train");
  set.integer("--epochs", "passes over the training examples (1)", options.epochs, 0);
  set.value("--max-steps", "N", "steps in all, instead of --epochs", [&flags = *flags](const std::string& text) {
    flags.max_steps = parse_integer("--max-steps", text, 0, int64_t{1} << 40);
  });
  set.text("--checkpoint", "DIR", "folder for the whole state, written at the end", options.checkpoint);
  set.integer("--checkpoint-every", "and every N steps", options.checkpoint_every, 1);
  set.flag("--resume", "continue from the checkpoint; without a complete one, start afresh", options.resume);
  set.text("--init", "FILE", "start from these weights (safetensors)", options.init);
  set.flag("--no-shuffle", "read the examples in their order", flags->no_shuffle);
  set.text("--validation", "SPEC",
           "data for loss and accuracy after each epoch: like --data, or 'test' (the test part, where there is one), "
           "or 'none'",
           flags->validation);
  set.text("--log", "FILE", "one JSON line per step", options.log);
  add_trace_flag(
      set, flags->trace,
      text_of("a Chrome trace for Perfetto of the first steps after the warm-up, at most ", kMostTracedSteps));
  add_common_flags(set, flags->common, kAllFlags);
  return [flags, &set] { return run(*flags, set); };
}

}  // namespace

extern const Command command_train;
const Command command_train = {"train", "", "trains a network; checkpoints, resuming, logs",
                               "tacho train --lr 0.02 --batch-size 50         one epoch on built-in digits\n"
                               "tacho train --epochs 9 --checkpoint run       keeps the state in folder run\n"
                               "tacho train --epochs 20 --checkpoint run --resume    continues\n"
                               "tacho train mlp --data mine.npz --split 8000:2000 --log loss.jsonl",
                               declare};

}  // namespace tacho
