#include "analysis/why/step_samples.h"

#include "analysis/close.h"
#include "trace/statistics.h"

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

std::vector<std::vector<RowPart>> parts_of_rows(const Graph& source, const std::vector<NodeRow>& rows) {
  const std::vector<SourceNode> nodes = describe(source);
  std::vector<std::vector<RowPart>> parts;
  for (const NodeRow& row : rows) parts.push_back(parts_of_row(row, nodes));
  return parts;
}

StepPart to_step_part(const RowPart& part) { return {name_of(part.kind), part.op}; }

std::vector<WaySample> step_samples(const RunRecord& record) {
  const std::vector<std::vector<RowPart>> rows = parts_of_rows(record.source, record.rows);
  const std::vector<int64_t> step_ns = record.ledger.step_ns();
  std::vector<WaySample> samples;
  for (size_t s = 0; s < step_ns.size(); ++s) {
    StepParts thread_ns;
    std::vector<int64_t> row_ns(rows.size());
    for (const LedgerEntry& entry : record.ledger.entries_of_step(int64_t(s))) {
      if (entry.account == Account::kernel) row_ns.at(size_t(entry.node)) += entry.ns;
      else thread_ns[{"outside", name_of(entry.account)}] += entry.ns;
    }
    for (size_t r = 0; r < rows.size(); ++r) {
      if (row_ns[r] == 0) continue;
      const std::vector<int64_t> divided = divide(rows[r], row_ns[r]);
      for (size_t i = 0; i < divided.size(); ++i) thread_ns[to_step_part(rows[r][i])] += divided[i];
    }
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

std::vector<WaySample> quicker_samples(std::vector<WaySample> samples) {
  std::vector<int64_t> ns;
  for (const WaySample& sample : samples) ns.push_back(sample.ns);
  std::vector<WaySample> quicker;
  for (size_t i : quicker_half(ns)) quicker.push_back(std::move(samples[i]));
  return quicker;
}

}  // namespace tacho
