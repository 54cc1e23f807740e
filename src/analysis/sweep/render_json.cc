#include "analysis/sweep/render.h"

namespace tacho {
namespace {

Json fit_to_json(const SweepFit& fit) {
  Json json = {{"op", fit.name.op}, {"phase", fit.name.phase}, {"share", fit.share}};
  if (fit.fit) json.update(to_json(*fit.fit));
  if (fit.formula_exponent) json["formula_exponent"] = *fit.formula_exponent;
  if (fit.formula_here) json["formula_exponent_here"] = *fit.formula_here;
  json["departures"] = Json::array();
  for (const Departure& d : fit.departures)
    json["departures"].push_back(
        {{"from", d.from}, {"to", d.to}, {"measured", d.measured}, {"theory", d.theory}, {"reason", d.reason}});
  return json;
}

Json point_to_json(const SweepPoint& point) {
  Json json = {{"value", point.value}};
  if (point.rounds.empty()) {
    json["skipped"] = point.skipped;
    return json;
  }
  json["step_ns"] = point.step_ns();
  Json rounds = Json::array();
  std::map<SweptName, int64_t> names;
  for (const SweepVisit& visit : point.rounds) {
    rounds.push_back({{"step_ns", visit.step_ns}, {"steps", visit.steps}, {"outside_ns", visit.outside_ns}});
    for (const auto& [name, time] : visit.operations) names[name] = time.work;
  }
  json["rounds"] = rounds;
  json["work"] = point.rounds.front().work;
  json["operations"] = Json::array();
  for (const auto& [name, work] : names)
    json["operations"].push_back({{"op", name.op}, {"phase", name.phase}, {"ns", point.ns(name)}, {"work", work}});
  return json;
}

}  // namespace

Json to_json(const PowerFit& fit) {
  return {{"exponent", fit.exponent},
          {"low", fit.low},
          {"high", fit.high},
          {"constant_ns", fit.constant},
          {"constant_low_ns", fit.constant_low},
          {"constant_high_ns", fit.constant_high},
          {"samples", fit.samples}};
}

Json to_json(const Sweep& sweep) {
  const SweepRecord& record = *sweep.record;
  Json json = {{"schema", "tacho.sweep"},       {"schema_version", 1},
               {"command", record.command},     {"network", {{"name", record.network}}},
               {"data", record.data},           {"machine", {{"model", record.machine}}},
               {"over", record.over},           {"batch_size", record.batch},
               {"dtype", record.dtype},         {"threads", record.threads},
               {"optimizer", record.optimizer}, {"switches", switches_to_json(record.switches)}};
  json["points"] = Json::array();
  for (const SweepPoint& point : record.points) json["points"].push_back(point_to_json(point));
  json["fits"] = Json::array({fit_to_json(sweep.step)});
  for (const SweepFit& fit : sweep.operations) json["fits"].push_back(fit_to_json(fit));
  return json;
}

}  // namespace tacho
