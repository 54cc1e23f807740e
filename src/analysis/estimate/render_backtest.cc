#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "analysis/estimate/backtest.h"
#include "analysis/text.h"
#include "base/error.h"

namespace tacho {
namespace {

using Json = nlohmann::ordered_json;

/// What the cases' rounds say of the machine.
struct Drift {
  double least = 1e18, most = 0;

  void add(double value) { least = std::min(least, value), most = std::max(most, value); }
};
/// As shares of the profile's rates.
Drift drift_of(const std::vector<BacktestCase>& cases, const MachineProfile& profile) {
  Drift drift;
  for (const BacktestCase& c : cases)
    for (const BacktestCase::Round& round : c.rounds)
      drift.add(round.pace.rate / profile.flop_per_s("float32", c.threads));
  return drift;
}
/// Bytes a second between threads.
Drift exchange_of(const std::vector<BacktestCase>& cases) {
  Drift drift;
  for (const BacktestCase& c : cases)
    for (const BacktestCase::Round& round : c.rounds)
      if (round.pace.exchange > 0) drift.add(round.pace.exchange);
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

/// Of all rounds.
std::pair<int64_t, int64_t> disturbed_rounds(const std::vector<BacktestCase>& cases) {
  std::pair<int64_t, int64_t> count;
  for (const BacktestCase& c : cases)
    for (const BacktestCase::Round& round : c.rounds) count.first += !round.steady, ++count.second;
  return count;
}

/// Of shares that are off.
BacktestError summed(std::vector<double> errors) {
  BacktestError error;
  if (errors.empty()) return error;
  std::sort(errors.begin(), errors.end());
  for (double e : errors) error.mean += e / double(errors.size());
  error.median = errors[(errors.size() - 1) / 2];
  error.worst = errors.back();
  return error;
}

std::string errors(const BacktestError& error) {
  return text_of("mean error ", fixed(error.mean * 100, 1), " %, median ", fixed(error.median * 100, 1), " %, worst ",
                 fixed(error.worst * 100, 1), " %");
}

}  // namespace

bool BacktestCase::has_steady() const {
  return std::any_of(rounds.begin(), rounds.end(), [](const Round& round) { return round.steady; });
}

std::vector<int64_t> BacktestCase::counted_ns() const {
  std::vector<int64_t> counted;
  for (const Round& round : rounds)
    if (round.steady || !has_steady()) counted.push_back(round.step_ns);
  return counted;
}

int64_t BacktestCase::measured_ns() const {
  const std::vector<int64_t> counted = counted_ns();
  return quantile(samples_at(counted, quicker_half(counted)), 0.5);
}

double BacktestCase::spread() const {
  const std::vector<int64_t> counted = counted_ns();
  if (counted.size() < 2) return 0;
  const Summary summary = summarize(counted);
  return double(summary.max - summary.min) / double(summary.median);
}

BacktestError error_of(const std::vector<BacktestCase>& cases, bool roofline) {
  std::vector<double> errors;
  for (const BacktestCase& c : cases)
    if (const int64_t measured = c.measured_ns(); measured > 0)
      errors.push_back(std::abs(double(roofline ? c.roofline_ns : c.estimated_ns) / double(measured) - 1));
  return summed(std::move(errors));
}

BacktestError error_of_medians(const std::vector<BacktestCase>& cases) {
  std::vector<double> errors;
  for (const BacktestCase& c : cases)
    if (const int64_t measured = c.median_ns(); measured > 0)
      errors.push_back(std::abs(double(c.estimated_ns) / double(measured) - 1));
  return summed(std::move(errors));
}

std::string backtest_text(const std::vector<BacktestCase>& cases, const MachineProfile& profile) {
  const Drift drift = drift_of(cases, profile), exchange = exchange_of(cases);
  const std::pair<int64_t, int64_t> disturbed = disturbed_rounds(cases);
  const std::string exchanged = exchange.most > 0
                                    ? text_of(", and its threads exchanged ", fixed(exchange.least / 1e9, 0), " to ",
                                              fixed(exchange.most / 1e9, 0), " GB/s")
                                    : std::string();
  std::string text = "BACKTEST  ms a step                 estimated  measured  error  roofline  error\n";
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
  text +=
      text_of("\n", cases.size(), " configurations: ", errors(error_of(cases, false)),
              "\nplain roofline: ", errors(error_of(cases, true)), "\nTOML networks: ", errors(error_of(toml, false)),
              "\nbeside all rounds: ", errors(error_of_medians(cases)), "\n");
  return text +
         wrap(text_of(within(cases), " of ", cases.size(), " within their interval of nine in ten. ~ ",
                      cases.size() - steady.size(), " whose own rounds lie over ", int(BacktestCase::kSteady * 100),
                      " % apart; the others: ", errors(error_of(steady, false)),
                      ". Meanwhile this machine's multiply-add rate lay between ", int(drift.least * 100 + 0.5),
                      " and ", int(drift.most * 100 + 0.5), " % of its profile's", exchanged, "; ", disturbed.first,
                      " of ", disturbed.second, " rounds were disturbed, and count only where a case has no other."),
              80, 2);
}

std::string backtest_json(const std::vector<BacktestCase>& cases, const MachineProfile& profile) {
  const Drift drift = drift_of(cases, profile), exchange = exchange_of(cases);
  Json rows = Json::array();
  for (const BacktestCase& c : cases) {
    Json rounds = Json::array(), disturbed = Json::array();
    for (const BacktestCase::Round& round : c.rounds) (round.steady ? rounds : disturbed).push_back(round.step_ns);
    rows.push_back({{"network", c.network},
                    {"batch_size", c.batch},
                    {"threads", c.threads},
                    {"estimated_ns", c.estimated_ns},
                    {"low_ns", c.low_ns},
                    {"high_ns", c.high_ns},
                    {"measured_ns", c.measured_ns()},
                    {"rounds_ns", rounds},
                    {"disturbed_rounds_ns", disturbed},
                    {"steady", c.steady()},
                    {"samples", c.samples},
                    {"roofline_ns", c.roofline_ns}});
  }
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
              {"exchange_bytes_per_s", {{"least", exchange.most > 0 ? exchange.least : 0}, {"most", exchange.most}}},
              {"error", as_object(error_of(cases, false))},
              {"all_rounds_error", as_object(error_of_medians(cases))},
              {"steady_error", as_object(error_of(steady, false))},
              {"roofline_error", as_object(error_of(cases, true))}}
      .dump(2);
}

}  // namespace tacho
