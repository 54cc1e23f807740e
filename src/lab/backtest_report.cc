#include "lab/backtest_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analysis/text.h"

namespace tacho {
namespace {

using Json = nlohmann::ordered_json;

/// What the cases' rounds say of the machine, as shares of the profile's rates.
struct Drift {
  double least = 0, most = 0;
};
Drift drift_of(const std::vector<BacktestCase>& cases, const MachineProfile& profile) {
  Drift drift{1e9, 0};
  for (const BacktestCase& c : cases)
    for (double rate : c.rates) {
      const double share = rate / profile.flop_per_s("float32", c.threads);
      drift = {std::min(drift.least, share), std::max(drift.most, share)};
    }
  return drift;
}

std::vector<BacktestCase> only(const std::vector<BacktestCase>& cases, bool (*wanted)(const BacktestCase&)) {
  std::vector<BacktestCase> some;
  std::copy_if(cases.begin(), cases.end(), std::back_inserter(some), wanted);
  return some;
}

int64_t within(const std::vector<BacktestCase>& cases) {
  return std::count_if(cases.begin(), cases.end(), [](const BacktestCase& c) {
    return c.low_ns <= c.measured_ns() && c.measured_ns() <= c.high_ns;
  });
}

std::string errors(const std::vector<BacktestCase>& cases, bool roofline) {
  const BacktestError error = error_of(cases, roofline);
  return text_of("mean error ", fixed(error.mean * 100, 1), " %, median ", fixed(error.median * 100, 1), " %, worst ",
                 fixed(error.worst * 100, 1), " %");
}

}  // namespace

std::string backtest_text(const std::vector<BacktestCase>& cases, const MachineProfile& profile) {
  const Drift drift = drift_of(cases, profile);
  std::string text = "BACKTEST  ms a step                   estimated  measured  error  roofline  error\n";
  for (const BacktestCase& c : cases) {
    const double measured = double(c.measured_ns());
    const auto off = [&](int64_t ns) { return 100 * (double(ns) / measured - 1); };
    char line[160];
    std::snprintf(line, sizeof line, "  %-20.20s %4lld, %d thr. %9.3f %9.3f%s %+4.0f%% %9.3f %+5.0f%%\n",
                  c.network.c_str(), static_cast<long long>(c.batch), c.threads, double(c.estimated_ns) / 1e6,
                  measured / 1e6, c.steady() ? " " : "~", off(c.estimated_ns), double(c.roofline_ns) / 1e6,
                  off(c.roofline_ns));
    text += line;
  }
  const std::vector<BacktestCase> toml = only(cases, [](const BacktestCase&c) { return c.toml; }),
                                  steady = only(cases, [](const BacktestCase&c) { return c.steady(); });
  text += text_of("\n", cases.size(), " configurations: ", errors(cases, false),
                  "\nplain roofline: ", errors(cases, true), "\nTOML networks: ", errors(toml, false), "\n");
  return text + wrap(text_of(within(cases), " of ", cases.size(), " within their interval of nine in ten. ~ ",
                             cases.size() - steady.size(), " whose own ", kBacktestRounds, " rounds lie over ",
                             int(BacktestCase::kSteady * 100), " % apart; the others: ", errors(steady, false),
                             ". Meanwhile this machine's multiply-add rate lay between ", int(drift.least * 100 + 0.5),
                             " and ", int(drift.most * 100 + 0.5), " % of its profile's."),
                     80, 2);
}

std::string backtest_json(const std::vector<BacktestCase>& cases, const MachineProfile& profile) {
  const Drift drift = drift_of(cases, profile);
  Json rows = Json::array();
  for (const BacktestCase& c : cases)
    rows.push_back({{"network", c.network},
                    {"batch_size", c.batch},
                    {"threads", c.threads},
                    {"estimated_ns", c.estimated_ns},
                    {"low_ns", c.low_ns},
                    {"high_ns", c.high_ns},
                    {"measured_ns", c.measured_ns()},
                    {"rounds_ns", c.rounds_ns},
                    {"steady", c.steady()},
                    {"samples", c.samples},
                    {"roofline_ns", c.roofline_ns}});
  const auto as_object = [](const BacktestError& e) {
    return Json{{"mean", e.mean}, {"median", e.median}, {"worst", e.worst}};
  };
  const std::vector<BacktestCase> steady = only(cases, [](const BacktestCase& c) { return c.steady(); });
  return Json{{"schema", "tacho.backtest"},
              {"schema_version", 2},
              {"machine", profile.processor},
              {"cases", rows},
              {"within_interval", within(cases)},
              {"rate_of_profile", {{"least", drift.least}, {"most", drift.most}}},
              {"error", as_object(error_of(cases, false))},
              {"steady_error", as_object(error_of(steady, false))},
              {"roofline_error", as_object(error_of(cases, true))}}
      .dump(2);
}

}  // namespace tacho
