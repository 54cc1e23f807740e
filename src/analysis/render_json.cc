#include "analysis/render_json.h"

#include "analysis/findings/groups.h"
#include "analysis/render_json_samples.h"

namespace tacho {
namespace {

Json step_to_json(const Report& report) {
  const StepSummary& step = report.step;
  Json json = {{"median_ns", step.median_ns}, {"p05_ns", step.p05_ns},
               {"p95_ns", step.p95_ns},       {"mad_ns", step.mad_ns},
               {"min_ns", step.min_ns},       {"repetitions", step.repetitions},
               {"warmup", step.warmup},       {"examples_per_s", step.examples_per_s},
               {"build_ns", step.build_ns},   {"plan_ns", step.plan_ns},
               {"work", step.work},           {"flop", step.flop},
               {"work_ns", step.work_ns},     {"span_ns", step.span_ns}};
  json["quicker_ns"] = step.quicker_ns;
  if (report.has_floors()) {
    json["mfu"] = step.mfu;
    json["hfu"] = step.hfu;
    json["floor_ns"] = step.floor_ns;
    json["floor_sum_ns"] = step.floor_sum_ns;
    json["floor_chain_ns"] = step.floor_chain_ns;
  }
  return json;
}

/// The processor and, where they are known, its ceilings: the fields of `machine --json`.
Json machine_to_json(const RunRecord& record) {
  Json json = {{"model", record.machine}, {"cores", record.cores}};
  if (!record.profile) return json;
  const Json profile = Json::parse(profile_to_json(*record.profile));
  for (const auto& [name, value] : profile.items())
    if (name != "schema" && name != "schema_version") json[name] = value;
  return json;
}

Json ledger_to_json(const Report& report) {
  const RunRecord& record = *report.record;
  Json accounts = Json::array(), outside = Json::array();
  for (const LedgerEntry& entry : report.entries) {
    const bool kernel = entry.account == Account::kernel;
    const NodeRow* row = kernel ? &record.rows.at(size_t(entry.node)) : nullptr;
    accounts.push_back({{"thread", entry.thread},
                        {"account", name_of(entry.account)},
                        {"node", row ? Json(row->path) : Json(nullptr)},
                        {"op", row ? Json(row->op) : Json(nullptr)},
                        {"phase", name_of(row ? row->place.phase : Phase::none)},
                        {"ns", entry.ns}});
  }
  for (const OutsideThread& thread : record.ledger.outside)
    outside.push_back({{"thread", thread.name}, {"cpu_ns", thread.cpu_ns}});
  return {{"threads", record.threads},
          {"wall_ns", record.ledger.wall_ns()},
          {"steps", record.ledger.steps()},
          {"stamp_cost_ns", record.stamp_cost_ns},
          {"timestamps", record.ledger.transitions()},
          {"accounts", accounts},
          {"outside", outside}};
}

Json executed_to_json(const Executed& executed) {
  Json json = to_json(executed.tally);
  json["basis"] = executed.declared ? "declared" : "counted";
  return json;
}

const char* row_name(const Operation& operation) {
  if (!operation.executed_row) return "removed";
  switch (operation.row) {
    case PlannedNode::compute:
      return "compute";
    case PlannedNode::view:
      return "view";
    case PlannedNode::combine:
      return "combine";
    case PlannedNode::pack:
      return "pack";
    case PlannedNode::reorder:
      return "reorder";
    case PlannedNode::commit:
      return "commit";
  }
  return "compute";
}

Json floor_to_json(const Floor& floor) {
  return {{"arithmetic_ns", floor.arithmetic_ns},
          {"bytes_ns", floor.bytes_ns},
          {"level", floor.level},
          {"bytes", floor.bytes},
          {"working_set_bytes", floor.working_set_bytes}};
}

Json operation_to_json(const Operation& o, const Report& report) {
  Json refusals = Json::array();
  for (const RefusedOffer& refusal : o.refusals)
    refusals.push_back({{"backend", refusal.backend}, {"reason", refusal.reason}});
  Json json = {{"node", o.node},          {"op", o.op},           {"label", o.label},      {"row", row_name(o)},
               {"kind", name_of(o.kind)}, {"members", o.members}, {"layer", o.layer},      {"phase", name_of(o.phase)},
               {"formula", o.formula},    {"big_o", o.big_o},     {"notation", o.notation}};
  if (o.documents_bound)
    json["documents_bound"] = {{"text", o.documents_bound->text}, {"value", o.documents_bound->value}};
  json["count"] = to_json(o.count);
  json["work"] = o.work;
  json["flop"] = o.flop;
  json["executed"] = executed_to_json(o.executed);
  json["bytes_read"] = o.bytes_read;
  json["bytes_written"] = o.bytes_written;
  json["time_ns"] = o.time_ns;
  json["median_ns"] = o.median_ns;
  for (const KindPart& part : o.kinds)
    json["kinds"].push_back({{"kind", name_of(part.kind)},
                             {"weight", part.weight},
                             {"work", part.work},
                             {"time_ns", part.time_ns},
                             {"median_ns", part.median_ns}});
  json["time_share"] = o.time_share;
  json["share_of_phase"] = o.share_of_phase;
  json["theory_share"] = o.theory_share;
  // Required operations over thread time, on all threads; absent where there is nothing to divide.
  if (o.flop > 0 && o.median_ns > 0) json["gflop_per_s"] = double(o.flop) / double(o.median_ns) * report.threads();
  if (report.has_floors() && o.executed_row) {
    json["floor_ns"] = o.floor_ns;
    json["shared_floor_ns"] = o.shared_floor_ns;
    json["bound_by"] = o.bound_by.empty() ? "nothing" : o.bound_by;
    json["room_ns"] = o.room_ns;
    json["floor"] = floor_to_json(o.floor);
    if (o.terms)
      json["terms"] = {{"floor_ns", o.terms->floor_ns},
                       {"kernel_ns", o.terms->kernel_ns},
                       {"cold_ns", o.terms->cold_ns},
                       {"contention_ns", o.terms->contention_ns}};
  }
  json["kernel"] = o.kernel;
  json["backend"] = o.backend;
  json["reason"] = o.reason;
  json["refusals"] = refusals;
  return json;
}

Json layer_to_json(const LayerRow& layer, const Report& report) {
  Json json = {{"layer", layer.layer},
               {"description", layer.description},
               {"members", layer.members},
               {"products_work", layer.products_work},
               {"rest_work", layer.rest_work},
               {"update_work", layer.update_work},
               {"products_ns", layer.products_ns},
               {"rest_ns", layer.rest_ns},
               {"update_ns", layer.update_ns}};
  if (report.has_floors()) json["floor_ns"] = layer.floor_ns;
  return json;
}

Json way_to_json(const OtherWay& way) {
  Json json = {{"label", way.label}, {"switches", switches_to_json(way.switches)}, {"this_run", way.this_run}};
  if (!way.skipped.empty()) {
    json["skipped"] = way.skipped;
    return json;
  }
  json["median_ns"] = way.median_ns;
  json["repetitions"] = way.repetitions;
  json["products_ns"] = way.products_ns;
  json["rest_ns"] = way.rest_ns;
  json["forward_products_ns"] = way.forward_products_ns;
  json["forward_ns"] = way.forward_ns;
  return json;
}

const char* name_of(FindingGroup group) {
  switch (group) {
    case FindingGroup::change:
      return "change";
    case FindingGroup::kernels:
      return "kernels";
    case FindingGroup::right:
      return "right";
    case FindingGroup::leave_alone:
      return "leave_alone";
  }
  return "change";
}

const char* name_of(Asks asks) {
  switch (asks) {
    case Asks::setting:
      return "setting";
    case Asks::network:
      return "network";
    case Asks::kernels:
      return "kernels";
  }
  return "setting";
}

Json finding_to_json(const Finding& finding) {
  Json evidence = Json::object();
  for (const auto& [name, value] : finding.evidence) evidence[name] = value;
  Json json = {{"rule", finding.rule},      {"group", name_of(finding.group)}, {"text", finding.text},
               {"change", finding.change},  {"asks", name_of(finding.asks)},   {"evidence", evidence},
               {"command", finding.command}};
  if (!finding.turn.empty()) json["switch"] = {{"name", finding.turn}, {"value", finding.value}};
  if (finding.batch > 0) json["batch_size"] = finding.batch;
  if (finding.gain) {
    json["estimated_gain_ns"] = {
        {"low", finding.gain->low_ns}, {"median", finding.gain->median_ns}, {"high", finding.gain->high_ns}};
    json["gain_basis"] = finding.batch > 0 ? "run" : "switch";
  } else if (finding.at_most_ns) {
    // Between nothing and all of it: no median.
    json["estimated_gain_ns"] = {{"low", 0}, {"high", *finding.at_most_ns}};
    json["gain_basis"] = "bound";
  }
  if (finding.at_most_ns) json["at_most_ns"] = *finding.at_most_ns;
  if (!finding.gain && !finding.unpriced.empty()) json["no_estimate"] = finding.unpriced;
  return json;
}

}  // namespace

Json to_json(const Tally& count) {
  Json json;
  for_each_kind([&](const char* kind, int64_t value) { json[kind] = value; }, count);
  return json;
}

Json switches_to_json(const SwitchValues& switches) {
  Json json = Json::object();
  for (const auto& [name, value] : switches) json[name] = value;
  return json;
}

Json required_to_json(const SourceNode& node) {
  Json json = {{"node", node.path},          {"op", node.op},       {"label", node.label},
               {"kind", name_of(node.kind)}, {"layer", node.layer}, {"phase", name_of(node.phase)},
               {"formula", node.formula},    {"big_o", node.big_o}, {"notation", node.notation}};
  if (node.documents_bound)
    json["documents_bound"] = {{"text", node.documents_bound->text}, {"value", node.documents_bound->value}};
  json["count"] = to_json(node.count);
  json["work"] = node.work;
  json["flop"] = node.flop;
  json["bytes_read"] = node.bytes_read;
  json["bytes_written"] = node.bytes_written;
  return json;
}

namespace {

Json speedup_to_json(const Report& report) {
  Json terms = Json::array();
  for (const auto& [name, ns] : report.speedup->terms) terms.push_back({{"term", name}, {"ns", ns}});
  return {{"threads", report.threads()},
          {"one_thread_step_ns", report.speedup->one_thread_step_ns},
          {"repetitions", report.speedup->repetitions},
          {"factor", report.speedup->factor},
          {"terms", terms}};
}

}  // namespace

Json to_json(const Report& report) {
  const RunRecord& record = *report.record;
  Json operations = Json::array(), layers = Json::array(), ways = Json::array(), findings = Json::array();
  for (const Operation& operation : report.operations) operations.push_back(operation_to_json(operation, report));
  for (const LayerRow& layer : report.layers) layers.push_back(layer_to_json(layer, report));
  for (const OtherWay& way : record.ways) ways.push_back(way_to_json(way));
  for (const Finding& finding : report.findings) findings.push_back(finding_to_json(finding));
  const Advice advice = advice_of(report);
  Json advised = {{"text", advice.text}, {"command", advice.command}};
  if (advice.kernels_ns) advised["kernels_at_most_ns"] = *advice.kernels_ns;
  Json phases = Json::object();
  for (const auto& [phase, row] : report.phases)
    phases[name_of(phase)] = {{"work", row.work}, {"products_work", row.products_work}, {"time_ns", row.time_ns}};
  Json memory = {{"planned_bytes", record.planned_bytes},
                 {"sum_of_sizes_bytes", record.sum_of_sizes_bytes},
                 {"peak_rss_bytes", record.peak_rss_bytes}};
  // Without a plan for the whole step every value has memory of its own, and there is no arena to show.
  if (!record.memory.order.empty()) memory.update(memory_to_json(record.memory));
  std::vector<int64_t> shape(record.input_shape.begin(), record.input_shape.end());
  Json json = {{"schema", "tacho.analyze"},
               {"schema_version", 1},
               {"command", record.command},
               {"measured_at", record.measured_at},
               {"network",
                {{"name", record.network},
                 {"layers", record.layers},
                 {"parameters", record.parameters},
                 {"input_shape", shape}}},
               {"machine", machine_to_json(record)},
               {"switches", switches_to_json(record.switches)},
               {"batch_size", record.batch},
               {"dtype", record.dtype},
               {"threads", record.threads},
               {"step_kind", record.training ? "train" : "inference"},
               {"optimizer", record.optimizer},
               {"loss", record.loss},
               {"data", record.data},
               {"slices", record.slices},
               {"most_slices", record.most_slices},
               {"step", step_to_json(report)},
               {"ledger", ledger_to_json(report)},
               {"phases", phases},
               {"operations", operations},
               {"layers", layers},
               {"ways", ways},
               {"memory", memory},
               {"advice", advised},
               {"findings", findings},
               {"timeline", timeline_to_json(report)}};
  if (record.apart && !record.apart->skipped.empty()) json["terms_skipped"] = record.apart->skipped;
  if (report.speedup) json["speedup"] = speedup_to_json(report);
  add_samples(json, report);
  return json;
}

}  // namespace tacho
