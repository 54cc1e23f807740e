#include "analysis/why/step_samples.h"

#include "analysis/close.h"
#include "analysis/source_nodes.h"

namespace tacho {
namespace {

/// What each of the ledger's node numbers stands for. A fused row counts as its anchor; rows of the plan's own
/// (reorders, packs, combined sums) are "other", or part of the update where they stand there.
std::vector<StepPart> parts_of_rows(const RunRecord& record) {
  const std::vector<SourceNode> nodes = describe(record.source);
  std::vector<StepPart> parts;
  for (const NodeRow& row : record.rows) {
    const NodeKind kind = row.anchor >= 0                    ? nodes.at(size_t(row.anchor)).kind
                          : row.place.phase == Phase::update ? NodeKind::update
                                                             : NodeKind::other;
    parts.push_back({name_of(kind), row.op});
  }
  return parts;
}

}  // namespace

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

std::vector<WaySample> step_samples(const RunRecord& record) {
  const std::vector<StepPart> rows = parts_of_rows(record);
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
