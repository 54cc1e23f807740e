#include "analysis/fused.h"

#include <algorithm>

#include "analysis/close.h"

namespace tacho {

std::vector<RowPart> parts_of_row(const NodeRow& row, const std::vector<SourceNode>& nodes) {
  if (row.anchor < 0) return {{row.place.phase == Phase::update ? NodeKind::update : NodeKind::other, row.op, 1, 0}};
  const auto member = [&](int n) -> const SourceNode& { return nodes.at(size_t(n)); };
  const bool product =
      std::any_of(row.members.begin(), row.members.end(), [&](int n) { return member(n).kind == NodeKind::product; });
  std::vector<RowPart> parts;
  int64_t weight = 0;
  for (const int n : row.members) {
    const SourceNode& node = member(n);
    const auto same = [&](const RowPart& part) { return part.kind == node.kind && part.op == node.op; };
    auto part = std::find_if(parts.begin(), parts.end(), same);
    if (part == parts.end()) part = parts.insert(parts.end(), {node.kind, node.op, 0, 0});
    const int64_t own = product ? node.work : node.bytes_read + node.bytes_written;
    part->weight += own, part->work += node.work;
    weight += own;
  }
  const auto idle = [](const RowPart& part) { return part.weight == 0 && part.work == 0; };
  if (weight > 0) {
    std::erase_if(parts, idle);
    return parts;
  }
  RowPart whole{member(row.anchor).kind, row.op, 1, 0};
  for (const RowPart& part : parts) whole.work += part.work;
  return {whole};
}

std::vector<int64_t> divide(const std::vector<RowPart>& parts, int64_t ns) {
  std::vector<int64_t> weights;
  for (const RowPart& part : parts) weights.push_back(part.weight);
  return close_to(weights, ns);
}

}  // namespace tacho
