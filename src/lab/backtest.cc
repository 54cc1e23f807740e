#include "lab/backtest.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "device/identity.h"
#include "lab/step_timing.h"
#include "nn/builtin.h"
#include "nn/network_file.h"

namespace tacho {
namespace {

using Json = nlohmann::ordered_json;

struct TomlNetwork {
  const char *name, *text;
};

// What a user might write: widths, kernels and orders of layers that no built-in network has.
const TomlNetwork kTomlNetworks[] = {{"toml-narrow", R"(
name = "toml-narrow"
input = [3, 24, 24]
classes = 7
[[layer]]
kind = "conv2d"
name = "a"
out_channels = 20
kernel = 5
padding = 2
[[layer]]
kind = "relu"
name = "ra"
[[layer]]
kind = "max_pool2d"
name = "pa"
kernel = 2
[[layer]]
kind = "conv2d"
name = "b"
out_channels = 40
kernel = 3
padding = 1
[[layer]]
kind = "relu"
name = "rb"
[[layer]]
kind = "conv2d"
name = "c"
out_channels = 40
kernel = 3
padding = 1
[[layer]]
kind = "relu"
name = "rc"
[[layer]]
kind = "flatten"
name = "f"
[[layer]]
kind = "linear"
name = "fc"
out_features = 7
)"},
                                     {"toml-normalised", R"(
name = "toml-normalised"
input = [1, 36, 36]
classes = 12
[[layer]]
kind = "conv2d"
name = "a"
out_channels = 56
kernel = 3
padding = 1
bias = false
[[layer]]
kind = "batch_norm2d"
name = "na"
[[layer]]
kind = "relu"
name = "ra"
[[layer]]
kind = "conv2d"
name = "b"
out_channels = 112
kernel = 3
stride = 2
padding = 1
bias = false
[[layer]]
kind = "batch_norm2d"
name = "nb"
[[layer]]
kind = "relu"
name = "rb"
[[layer]]
kind = "conv2d"
name = "c"
out_channels = 72
kernel = 1
bias = false
[[layer]]
kind = "batch_norm2d"
name = "nc"
[[layer]]
kind = "relu"
name = "rc"
[[layer]]
kind = "global_avg_pool2d"
name = "g"
[[layer]]
kind = "flatten"
name = "f"
[[layer]]
kind = "linear"
name = "fc"
out_features = 12
)"},
                                     {"toml-branch", R"(
name = "toml-branch"
input = [3, 32, 32]
classes = 10
[[layer]]
kind = "conv2d"
name = "stem"
out_channels = 44
kernel = 3
padding = 1
[[layer]]
kind = "relu"
name = "rs"
[[layer]]
kind = "conv2d"
name = "left"
inputs = ["rs"]
out_channels = 36
kernel = 1
[[layer]]
kind = "conv2d"
name = "right"
inputs = ["rs"]
out_channels = 36
kernel = 3
padding = 1
[[layer]]
kind = "concat"
name = "both"
inputs = ["left", "right"]
[[layer]]
kind = "relu"
name = "rb"
[[layer]]
kind = "max_pool2d"
name = "p"
kernel = 2
[[layer]]
kind = "conv2d"
name = "last"
out_channels = 80
kernel = 3
padding = 1
[[layer]]
kind = "relu"
name = "rl"
[[layer]]
kind = "global_avg_pool2d"
name = "g"
[[layer]]
kind = "flatten"
name = "f"
[[layer]]
kind = "linear"
name = "fc"
out_features = 10
)"}};

NetworkSpec network_named(const std::string& name, bool& toml) {
  for (const TomlNetwork& network : kTomlNetworks)
    if (name == network.name) {
      toml = true;
      return network_from_toml(network.text, name);
    }
  return builtin_network(name);
}

StepOptions options_of(BacktestCase& chosen) {
  StepOptions options;
  options.network = network_named(chosen.network, chosen.toml);
  options.batch = chosen.batch;
  Switches switches;
  set_switch(switches, "threads", std::to_string(chosen.threads));
  options.way = resolve(switches);
  return options;
}

std::string backtest_path() { return machine_file("backtest"); }

}  // namespace

std::vector<BacktestCase> backtest_cases(int threads) {
  struct Row {
    const char* network;
    std::vector<int64_t> batches;
  };
  const Row rows[] = {{"simplenn-4", {1, 8, 32, 128, 256}},
                      {"simplenn-7", {1, 32, 128}},
                      {"lenet5", {1, 16, 128, 256}},
                      {"vgg11", {1, 16}},
                      {"vgg16", {4, 32}},
                      {"resnet18", {1, 16}},
                      {"resnet50", {8}},
                      {"mobilenet-v2", {1, 16, 64}},
                      {"densenet-121", {4}},
                      {"unet", {1, 16, 64}},
                      {"toml-narrow", {1, 16, 100, 256}},
                      {"toml-normalised", {2, 24, 100}},
                      {"toml-branch", {1, 20, 128}}};
  std::vector<BacktestCase> cases;
  for (const Row& row : rows)
    for (int64_t batch : row.batches)
      for (int of : {1, threads}) {
        BacktestCase made;
        made.network = row.network;
        made.batch = batch;
        made.threads = of;
        if (of > 1 || cases.empty() || cases.back().batch != batch || cases.back().network != row.network)
          cases.push_back(made);
      }
  return cases;
}

void run_backtest_case(BacktestCase& chosen, const CostModel& model, const MachineProfile& profile, double seconds) {
  StepOptions options = options_of(chosen);
  ModelTimes times(model);
  options.times = &times;
  const StepEstimate estimate = estimate_step(*plan_of(options), &model, profile, options.way.dtype, chosen.threads);
  chosen.estimated_ns = estimate.step.median_ns;
  chosen.low_ns = estimate.step.low_ns, chosen.high_ns = estimate.step.high_ns;
  chosen.roofline_ns = estimate.roofline_ns;
  options.times = nullptr;
  TimedStep timed(options);
  std::vector<int64_t> medians;
  for (int round = 0; round < 3; ++round) {
    const StepTiming timing = timed.run(seconds / 3);
    medians.push_back(timing.step.median);
    chosen.samples += timing.step.samples;
  }
  const Summary all = summarize(medians);
  chosen.measured_ns = all.median;
  chosen.mad_ns = all.mad;
}

BacktestError error_of(const std::vector<BacktestCase>& cases, bool roofline) {
  std::vector<double> errors;
  for (const BacktestCase& c : cases)
    if (c.measured_ns > 0)
      errors.push_back(std::abs(double(roofline ? c.roofline_ns : c.estimated_ns) / double(c.measured_ns) - 1));
  BacktestError error;
  if (errors.empty()) return error;
  std::sort(errors.begin(), errors.end());
  for (double e : errors) error.mean += e / double(errors.size());
  error.median = errors[(errors.size() - 1) / 2];
  error.worst = errors.back();
  return error;
}

std::vector<BacktestCase> kept_backtest() {
  std::vector<BacktestCase> cases;
  std::error_code error;
  if (backtest_path().empty() || !std::filesystem::exists(backtest_path(), error)) return cases;
  try {
    const Json json = Json::parse(read_file(backtest_path()));
    if (json.at("schema") != "tacho.backtest" || json.at("machine") != machine_identity()) return cases;
    for (const Json& c : json.at("cases"))
      cases.push_back(
          {c.at(0), c.at(1), c.at(2), c.at(3), c.at(4), c.at(5), c.at(6), c.at(7), c.at(8), c.at(9), c.at(10)});
  } catch (const std::exception&) {
    cases.clear();
  }
  return cases;
}

void keep_backtest(const std::vector<BacktestCase>& cases) {
  if (backtest_path().empty()) return;
  Json rows = Json::array();
  for (const BacktestCase& c : cases)
    rows.push_back({c.network, c.batch, c.threads, c.toml, c.estimated_ns, c.low_ns, c.high_ns, c.roofline_ns,
                    c.measured_ns, c.mad_ns, c.samples});
  write_file_atomic(
      backtest_path(),
      Json{{"schema", "tacho.backtest"}, {"schema_version", 1}, {"machine", machine_identity()}, {"cases", rows}}.dump(
          1));
}

}  // namespace tacho
