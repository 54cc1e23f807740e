#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "cli/checkpoint_flags.h"
#include "cli/command.h"
#include "io/npz.h"
#include "train/trainer.h"

namespace tacho {
namespace {

using Json = nlohmann::ordered_json;

struct PredictFlags {
  CommonFlags common;
  std::string checkpoint, output;
};

/// Outputs in float64 and, for each example, the label of its largest output.
struct Predictions {
  Tensor outputs;
  Tensor labels;
  std::vector<int64_t> class_labels;

  int64_t examples() const { return outputs.shape()[0]; }
  int64_t classes() const { return outputs.shape()[1]; }
};

/// A network may have more outputs than the data had classes; those count on from the last label.
std::vector<int64_t> labels_of_outputs(std::vector<int64_t> labels, int64_t outputs) {
  while (int64_t(labels.size()) < outputs) labels.push_back(labels.back() + 1);
  return labels;
}

Predictions predict(CheckpointRun& run) {
  Pool pool(run.step.way.threads);
  Evaluator evaluator(run.step, pool, run.checkpoint.variables);
  Predictions result;
  result.outputs = evaluator.outputs(evaluation_x(run.data)).cast(DType::float64);
  result.class_labels = labels_of_outputs(run.checkpoint.class_labels, result.classes());
  result.labels = Tensor({DType::int64, {result.examples()}});
  for (int64_t i = 0; i < result.examples(); ++i) {
    const double* row = result.outputs.as<double>() + i * result.classes();
    result.labels.as<int64_t>()[i] = result.class_labels[size_t(std::max_element(row, row + result.classes()) - row)];
  }
  return result;
}

/// Header `prediction,<label of output 0>,...`, then one line per example; %.9g reads float32 back exactly, %.17g
/// float64.
std::string as_csv(const Predictions& p, DType dtype) {
  const char* format = dtype == DType::float64 ? ",%.17g" : ",%.9g";
  std::string text = "prediction";
  for (const int64_t label : p.class_labels) text += text_of(",", label);
  text += "\n";
  char number[40];
  for (int64_t i = 0; i < p.examples(); ++i) {
    text += std::to_string(p.labels.as<int64_t>()[i]);
    for (int64_t c = 0; c < p.classes(); ++c) {
      std::snprintf(number, sizeof number, format, p.outputs.as<double>()[i * p.classes() + c]);
      text += number;
    }
    text += "\n";
  }
  return text;
}

std::string as_json(const Predictions& p, const CheckpointRun& run) {
  Json predictions = Json::array(), outputs = Json::array();
  for (int64_t i = 0; i < p.examples(); ++i) {
    const double* row = p.outputs.as<double>() + i * p.classes();
    predictions.push_back(p.labels.as<int64_t>()[i]);
    outputs.push_back(std::vector<double>(row, row + p.classes()));
  }
  return Json{{"schema", "tacho.predict"},
              {"schema_version", 1},
              {"network", run.step.network.name},
              {"data", run.data.name},
              {"class_labels", p.class_labels},
              {"predictions", predictions},
              {"outputs", outputs}}
      .dump();
}

int run(const PredictFlags& flags, const FlagSet& set) {
  const std::string& file = flags.output;
  if (!file.empty() && !file.ends_with(".csv") && !file.ends_with(".json") && !file.ends_with(".npz"))
    fail("--output ", file, ": expected a name that ends in .csv, .json or .npz");
  if (!flags.common.data) fail("predict needs the file whose examples it shall predict; see 'tacho predict --help'");
  CheckpointRun run = checkpoint_run_from(flags.checkpoint, set, flags.common);
  const Predictions predictions = predict(run);
  const DType dtype = run.step.way.dtype;
  if (file.ends_with(".csv")) write_file_atomic(file, as_csv(predictions, dtype));
  else if (file.ends_with(".json")) write_file_atomic(file, as_json(predictions, run) + "\n");
  else if (file.ends_with(".npz"))
    write_npz(file, {{"outputs", predictions.outputs.cast(dtype)}, {"predictions", predictions.labels}});
  else if (!flags.common.json) std::fputs(as_csv(predictions, dtype).c_str(), stdout);
  if (flags.common.result_wanted()) write_json(flags.common, as_json(predictions, run));
  return 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<PredictFlags>();
  set.heading("Predict");
  set.bare("FILE", "the same as --data", [flags = flags.get()](const std::string& text) { flags->common.data = text; });
  set.text("--checkpoint", "DIR", "the folder that train wrote (needed)", flags->checkpoint);
  set.text("--output", "FILE", ".csv, .json or .npz (CSV on standard output)", flags->output);
  add_common_flags(set, flags->common, kDataFlags | kBatchFlags | kSwitchFlags | kOutputFlags);
  return [flags, &set] { return run(*flags, set); };
}

}  // namespace

extern const Command command_predict;
const Command command_predict = {"predict", "", "outputs of a checkpoint for a file's examples",
                                 "tacho predict mine.npz --checkpoint run               CSV on standard output\n"
                                 "tacho predict mine.npz --checkpoint run --output out.npz",
                                 declare};

}  // namespace tacho
