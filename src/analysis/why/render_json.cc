#include "analysis/why/render.h"

namespace tacho {
namespace {

Json kinds_to_json(const StepParts& parts) {
  Json kinds = Json::array();
  const auto sums = by_kind(parts);
  for (const std::string& kind : step_kinds())
    if (const auto found = sums.find(kind); found != sums.end())
      kinds.push_back({{"kind", kind}, {"ns", found->second}});
  return kinds;
}

/// With their ranges over the rounds.
Json kinds_to_json(const WhyTerm& term) {
  Json kinds = kinds_to_json(term.parts);
  for (Json& kind : kinds) {
    const RoundRange& range = term.kinds.at(kind["kind"].get<std::string>());
    kind["low_ns"] = range.low_ns, kind["high_ns"] = range.high_ns;
  }
  return kinds;
}

Json operations_to_json(const StepParts& parts) {
  Json operations = Json::array();
  for (const auto& [part, ns] : parts) operations.push_back({{"op", part.op}, {"kind", part.kind}, {"ns", ns}});
  return operations;
}

Json way_to_json(const MeasuredWay& way) {
  return {{"label", way.label},
          {"switches", switches_to_json(way.switches)},
          {"step_ns", way.step_ns()},
          {"steps", way.steps()},
          {"rounds", way.rounds.size()},
          {"warmed_up", way.warmed_up},
          {"kinds", kinds_to_json(way.median().parts)}};
}

Json term_to_json(const WhyTerm& term) {
  return {{"switch", term.turn.name},
          {"from", term.turn.from},
          {"to", term.turn.to},
          {"ns", term.ns},
          {"factor", term.factor},
          {"low_ns", term.low_ns},
          {"high_ns", term.high_ns},
          {"range_from", term.orders_decide ? "orders" : "samples"},
          {"samples_low_ns", term.samples_low_ns},
          {"samples_high_ns", term.samples_high_ns},
          {"rounds", term.rounds},
          {"orders_low_ns", term.orders_low_ns},
          {"orders_high_ns", term.orders_high_ns},
          {"step_ns", term.after->step_ns()},
          {"kinds", kinds_to_json(term)},
          {"operations", operations_to_json(term.parts)}};
}

Json order_to_json(const WhyRecord& record, const TurnOrder& order) {
  Json steps = Json::array(), postponed = Json::array();
  TurnSet made = 0;
  for (int turn : order.turns) {
    const int64_t before = record.ways.at(made).step_ns();
    made |= TurnSet{1} << turn;
    const int64_t after = record.ways.at(made).step_ns();
    steps.push_back({{"switch", record.turns[size_t(turn)].name}, {"ns", before - after}, {"step_ns", after}});
  }
  for (const Postponed& p : order.postponed)
    postponed.push_back({{"switch", record.turns[size_t(p.turn)].name}, {"reason", p.reason}});
  return {{"terms", steps}, {"postponed", postponed}};
}

}  // namespace

Json to_json(const Why& why) {
  const WhyRecord& record = *why.record;
  Json json = {{"schema", "tacho.why"},
               {"schema_version", 1},
               {"command", record.command},
               {"network", {{"name", record.network}}},
               {"data", record.data},
               {"machine", {{"model", record.machine}, {"cores", record.cores}}},
               {"batch_size", record.batch},
               {"dtype", record.dtype},
               {"optimizer", record.optimizer},
               {"from", way_to_json(*why.from)},
               {"to", way_to_json(*why.to)},
               {"difference_ns", why.difference_ns()},
               {"factor", double(why.from->step_ns()) / double(std::max<int64_t>(why.to->step_ns(), 1))}};
  json["terms"] = Json::array();
  for (const WhyTerm& term : why.terms) json["terms"].push_back(term_to_json(term));
  json["orders"] = Json::array({order_to_json(record, record.main)});
  for (const TurnOrder& order : record.others) json["orders"].push_back(order_to_json(record, order));
  json["left_out"] = record.left_out;
  if (why.fastest) json["fastest"] = way_to_json(*why.fastest);
  return json;
}

}  // namespace tacho
