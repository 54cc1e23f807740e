#include "analysis/why/step_samples.h"

#include "analysis/close.h"
#include "analysis/source_nodes.h"

namespace tacho {
const std::vector<std::string>& step_kinds() {
  static const std::vector<std::string> kKinds = [] {
    std::vector<std::string> kinds;
    for (int kind = 0; kind <= int(NodeKind::other); ++kind) kinds.emplace_back(name_of(NodeKind(kind)));
    kinds.emplace_back("outside");
    return kinds;
  }();
  return kKinds;
}

std::map<std::string, int64_t> by_kind(const StepParts& parts) {
  std::map<std::string, int64_t> sums;
  for (const auto& [part, ns] : parts) sums[part.kind] += ns;
  return sums;
}

std::vector<StepPart> parts_of_rows(const Graph& source, const std::vector<NodeRow>& rows) {
  const std::vector<SourceNode> nodes = describe(source);
  std::vector<StepPart> parts;
  for (const NodeRow& row : rows) {
    const NodeKind kind = row.anchor >= 0                    ? nodes.at(size_t(row.anchor)).kind
                          : row.place.phase == Phase::update ? NodeKind::update
                                                             : NodeKind::other;
    parts.push_back({name_of(kind), row.op});
  }
  return parts;
}

std::vector<WaySample> step_samples(const RunRecord& record) {
  const std::vector<StepPart> rows = parts_of_rows(record.source, record.rows);
  const std::vector<int64_t> step_ns = record.ledger.step_ns();
  std::vector<WaySample> samples;
  for (size_t s = 0; s < step_ns.size(); ++s) {
    StepParts thread_ns;
    for (const LedgerEntry& entry : record.ledger.entries_of_step(int64_t(s)))
      thread_ns[entry.account == Account::kernel ? rows.at(size_t(entry.node))
                                                 : StepPart{"outside", name_of(entry.account)}] += entry.ns;
    std::vector<int64_t> sums;
    for (const auto& [part, ns] : thread_ns) sums.push_back(ns);
    const std::vector<int64_t> closed = close_to(sums, step_ns[s]);
    WaySample sample{step_ns[s], {}};
    size_t i = 0;
    for (const auto& [part, ns] : thread_ns) sample.parts[part] = closed[i++];
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace tacho
