#include "lab/backtest.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "device/identity.h"
#include "lab/backtest_networks.h"
#include "lab/step_timing.h"

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

void estimate_case(BacktestCase& chosen, const CostModel& model, const MachineProfile& profile) {
  StepOptions options = options_of(chosen);
  ModelTimes times(model);
  options.times = &times;
  const StepEstimate estimate = estimate_step(*plan_of(options), &model, profile, options.way.dtype, chosen.threads);
  chosen.estimated_ns = estimate.step.median_ns;
  chosen.low_ns = estimate.step.low_ns, chosen.high_ns = estimate.step.high_ns;
  chosen.roofline_ns = estimate.roofline_ns;
}

void measure_case(BacktestCase& chosen, double seconds, const Pace& usual) {
  TimedStep timed(options_of(chosen));
  const SteadyStep step = measure_steady(timed, seconds, chosen.threads, usual);
  chosen.rounds.push_back({step.timing.step.median, step.pace, step.pace.steady(usual)});
  chosen.samples += step.timing.step.samples;
}

std::vector<BacktestCase> kept_backtest() {
  std::vector<BacktestCase> cases;
  std::error_code error;
  if (backtest_path().empty() || !std::filesystem::exists(backtest_path(), error)) return cases;
  try {
    const Json json = Json::parse(read_file(backtest_path()));
    if (json.at("schema") != "tacho.backtest-rounds" || json.at("schema_version") != 2 ||
        json.at("machine") != machine_identity())
      return cases;
    for (const Json& c : json.at("cases")) {
      BacktestCase kept;
      kept.network = c.at("network"), kept.batch = c.at("batch_size"), kept.threads = c.at("threads");
      for (const Json& round : c.at("rounds"))
        kept.rounds.push_back({round.at(0), {round.at(1), round.at(2)}, round.at(3)});
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
  for (const BacktestCase& c : cases) {
    Json rounds = Json::array();
    for (const BacktestCase::Round& round : c.rounds)
      rounds.push_back({round.step_ns, round.pace.rate, round.pace.exchange, round.steady});
    rows.push_back({{"network", c.network},
                    {"batch_size", c.batch},
                    {"threads", c.threads},
                    {"rounds", rounds},
                    {"samples", c.samples}});
  }
  write_file_atomic(
      backtest_path(),
      Json{{"schema", "tacho.backtest-rounds"}, {"schema_version", 2}, {"machine", machine_identity()}, {"cases", rows}}
          .dump(1));
}

}  // namespace tacho
