#include "analysis/render_json_samples.h"

#include <algorithm>
#include <map>
#include <set>

namespace tacho {
namespace {

/// All steps, or kMostSampledSteps spread evenly; the median step, which the tables show, is always one of them.
std::vector<int64_t> sampled_steps(const Report& report) {
  const int64_t steps = report.record->ledger.steps(), kept = std::min(steps, kMostSampledSteps);
  std::set<int64_t> sampled{report.step.median_step};
  for (int64_t i = 0; i < kept; ++i) sampled.insert(i * steps / kept);
  return {sampled.begin(), sampled.end()};
}

Json shapes_to_json(const Graph& graph, const Values& values) {
  Json shapes = Json::array();
  for (Value value : values) {
    const Shape shape = value ? graph.type(value).shape : Shape{};
    shapes.push_back(std::vector<int64_t>(shape.begin(), shape.end()));
  }
  return shapes;
}

Json nodes_to_json(const Report& report) {
  const Graph& graph = report.record->source;
  Json nodes = Json::array();
  for (const SourceNode& node : report.nodes) {
    const GraphNode& emitted = graph.node(node.node);
    nodes.push_back({{"node", node.path},
                     {"op", node.op},
                     {"layer", node.layer},
                     {"phase", name_of(node.phase)},
                     {"view", node.view},
                     {"work", node.work},
                     {"inputs", shapes_to_json(graph, emitted.inputs)},
                     {"outputs", shapes_to_json(graph, emitted.outputs)}});
  }
  return nodes;
}

}  // namespace

void add_samples(Json& json, const Report& report) {
  const RunRecord& record = *report.record;
  const std::vector<int64_t> sampled = sampled_steps(report);
  json["step"]["samples_ns"] = record.ledger.step_ns();

  Json accounts = Json::object();
  std::vector<std::map<Account, int64_t>> sums;
  for (int64_t step : sampled) {
    sums.emplace_back();
    for (const LedgerEntry& entry : record.ledger.entries_of_step(step)) sums.back()[entry.account] += entry.ns;
  }
  for (int a = 0; a < kAccounts; ++a) {
    std::vector<int64_t> ns;
    for (auto& sum : sums) ns.push_back(sum[Account(a)]);
    if (std::any_of(ns.begin(), ns.end(), [](int64_t x) { return x != 0; })) accounts[name_of(Account(a))] = ns;
  }
  json["ledger"]["samples"] = {
      {"steps", sampled}, {"median_step", report.step.median_step}, {"accounts", std::move(accounts)}};

  const auto by_step = record.ledger.kernel_ns_by_step(int(record.rows.size()));
  for (size_t r = 0; r < record.rows.size(); ++r) {  // executed rows stand first, in this order
    std::vector<int64_t> ns;
    for (int64_t step : sampled) ns.push_back(by_step[size_t(step)][r]);
    json["operations"][r]["samples_ns"] = ns;
  }
  json["nodes"] = nodes_to_json(report);
}

}  // namespace tacho
