#include "analysis/estimate/calibration.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace tacho {
namespace {

using Json = nlohmann::ordered_json;

/// Octaves to a thousandth: 0.07 % of a size.
Json rounded(const std::vector<double>& x) {
  Json list = Json::array();
  for (double value : x) list.push_back(std::round(value * 1000) / 1000);
  return list;
}

}  // namespace

Pace usual_pace(const Calibration& calibration, int threads) {
  std::vector<double> rates, exchanges;
  for (const StepSample& step : calibration.steps)
    if (step.threads == threads) rates.push_back(step.pace.rate), exchanges.push_back(step.pace.exchange);
  const auto upper = [](std::vector<double>& values) {
    if (values.empty()) return 0.0;
    std::sort(values.begin(), values.end());
    return values[size_t(0.9 * double(values.size() - 1))];
  };
  return {upper(rates), upper(exchanges)};
}

std::string calibration_to_json(const Calibration& c) {
  Json families = Json::object(), nodes = Json::array(), steps = Json::array();
  for (const auto& [name, family] : c.families) {
    Json samples = Json::array();
    for (const KernelSample& s : family.samples)
      samples.push_back({rounded(s.x), s.executed, s.bytes, s.ns, s.network});
    families[name] = {{"op", family.op}, {"names", family.names}, {"samples", samples}};
  }
  for (const NodeSample& s : c.nodes)
    nodes.push_back({s.family, s.op, s.network, s.threads, rounded(s.x), rounded(s.context), s.executed, s.bytes,
                     s.alone_ns, s.call_ns, s.calls});
  for (const StepSample& s : c.steps)
    steps.push_back({s.network, s.threads, s.label, s.calls.items, s.calls.stages, s.calls.waits, s.step_ns,
                     s.replayed_ns, s.dispatch_ns, s.pace.rate, s.pace.exchange});
  return Json{{"schema", "tacho.kernels"},
              {"schema_version", 3},
              {"machine", c.identity},
              {"kernels", c.kernels},
              {"networks", c.networks},
              {"wanted", c.wanted},
              {"threads", c.threads},
              {"measured_at", c.measured_at},
              {"left_out",
               {{"steps", c.left_out.steps},
                {"mean", c.left_out.mean},
                {"median", c.left_out.median},
                {"worst", c.left_out.worst},
                {"interval_scale", c.left_out.interval_scale}}},
              {"spoilt", c.spoilt},
              {"families", families},
              {"nodes", nodes},
              {"steps", steps}}
      .dump();
}

Calibration calibration_from_json(const std::string& text, const std::string& where) {
  try {
    const Json json = Json::parse(text);
    if (json.at("schema") != "tacho.kernels" || json.at("schema_version") != 3)
      fail(where, ": not a calibration of version 3; 'tacho machine --kernels' makes one");
    Calibration c;
    c.identity = json.at("machine");
    c.kernels = json.value("kernels", "");  // files of before say nothing
    c.networks = json.at("networks");
    c.wanted = json.at("wanted");
    c.threads = json.at("threads");
    c.measured_at = json.at("measured_at");
    const Json& left_out = json.at("left_out");
    c.left_out = {left_out.at("steps"), left_out.at("mean"), left_out.at("median"), left_out.at("worst"),
                  left_out.at("interval_scale")};
    for (const auto& [name, family] : json.at("families").items()) {
      KernelFamily& to = c.families[name];
      to.op = family.at("op");
      to.names = family.at("names").get<std::vector<std::string>>();
      for (const Json& s : family.at("samples")) {
        to.samples.push_back({s.at(0).get<std::vector<double>>(), s.at(1), s.at(2), s.at(3), s.at(4)});
        if (to.samples.back().x.size() != to.names.size() || to.samples.back().ns <= 0)
          fail(where, ": family '", name, "' has a sample that is none; 'tacho machine --kernels' makes a new one");
      }
    }
    for (const Json& s : json.at("nodes"))
      c.nodes.push_back({s.at(0), s.at(1), s.at(2), s.at(3), s.at(4).get<std::vector<double>>(),
                         s.at(5).get<std::vector<double>>(), s.at(6), s.at(7), s.at(8), s.at(9), s.at(10)});
    for (const Json& s : json.at("steps"))
      c.steps.push_back(
          {s.at(0), s.at(1), s.at(2), {s.at(3), s.at(4), s.at(5)}, s.at(6), s.at(7), s.at(8), {s.at(9), s.at(10)}});
    // A file of before was never judged.
    c.spoilt = json.contains("spoilt") ? json.at("spoilt").get<std::vector<std::string>>()
               : c.complete()          ? judge(c)
                                       : std::vector<std::string>{};
    return c;
  } catch (const Json::exception&) {
    fail(where, ": not a calibration, or damaged; 'tacho machine --kernels' makes a new one");
  }
}

}  // namespace tacho
