#include "lab/backtest.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "device/identity.h"
#include "lab/backtest_networks.h"
#include "lab/step_timing.h"
#include "machine/rate_now.h"

namespace tacho {
namespace {

using Json = nlohmann::ordered_json;

StepOptions options_of(BacktestCase& chosen) {
  StepOptions options;
  options.network = backtest_network(chosen.network, chosen.toml);
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

double BacktestCase::spread() const {
  if (rounds_ns.size() < 2) return 0;
  const Summary rounds = summarize(rounds_ns);
  return double(rounds.max - rounds.min) / double(rounds.median);
}

void estimate_case(BacktestCase& chosen, const CostModel& model, const MachineProfile& profile) {
  StepOptions options = options_of(chosen);
  ModelTimes times(model);
  options.times = &times;
  const StepEstimate estimate = estimate_step(*plan_of(options), &model, profile, options.way.dtype, chosen.threads);
  chosen.estimated_ns = estimate.step.median_ns;
  chosen.low_ns = estimate.step.low_ns, chosen.high_ns = estimate.step.high_ns;
  chosen.roofline_ns = estimate.roofline_ns;
}

void measure_case(BacktestCase& chosen, double seconds) {
  TimedStep timed(options_of(chosen));
  const double before = multiply_add_rate_now(chosen.threads);
  const StepTiming timing = timed.run(seconds);
  chosen.rates.push_back((before + multiply_add_rate_now(chosen.threads)) / 2);
  chosen.rounds_ns.push_back(timing.step.median);
  chosen.samples += timing.step.samples;
}

BacktestError error_of(const std::vector<BacktestCase>& cases, bool roofline) {
  std::vector<double> errors;
  for (const BacktestCase& c : cases)
    if (const int64_t measured = c.measured_ns(); measured > 0)
      errors.push_back(std::abs(double(roofline ? c.roofline_ns : c.estimated_ns) / double(measured) - 1));
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
    if (json.at("schema") != "tacho.backtest-rounds" || json.at("machine") != machine_identity()) return cases;
    for (const Json& c : json.at("cases")) {
      BacktestCase kept;
      kept.network = c.at("network"), kept.batch = c.at("batch_size"), kept.threads = c.at("threads");
      kept.rounds_ns = c.at("rounds_ns").get<std::vector<int64_t>>();
      kept.rates = c.at("rates").get<std::vector<double>>();
      kept.samples = c.at("samples");
      cases.push_back(std::move(kept));
    }
  } catch (const std::exception&) {
    cases.clear();
  }
  return cases;
}

void keep_backtest(const std::vector<BacktestCase>& cases) {
  if (backtest_path().empty()) return;
  Json rows = Json::array();
  for (const BacktestCase& c : cases)
    rows.push_back({{"network", c.network},
                    {"batch_size", c.batch},
                    {"threads", c.threads},
                    {"rounds_ns", c.rounds_ns},
                    {"rates", c.rates},
                    {"samples", c.samples}});
  write_file_atomic(
      backtest_path(),
      Json{{"schema", "tacho.backtest-rounds"}, {"schema_version", 1}, {"machine", machine_identity()}, {"cases", rows}}
          .dump(1));
}

}  // namespace tacho
