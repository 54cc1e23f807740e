#pragma once
// How the time of a row that does several operations is divided among their kinds.
#include <string>
#include <vector>

#include "analysis/source_nodes.h"
#include "plan/row.h"

namespace tacho {

/// The part that members of one kind and operation have in their row.
struct RowPart {
  NodeKind kind = NodeKind::other;
  std::string op;
  int64_t weight = 0;  ///< time is divided in proportion
  int64_t work = 0;    ///< required
};

/// A row's parts, merged by kind and operation, in the order of the members. Time is divided by what binds at the
/// floor: where a member is a product, by required work; else by the bytes that each member would read and write by
/// itself (views none). A row of the plan's own, or one whose members weigh nothing, is one part: its anchor's kind, or
/// update or other. `nodes` are those of the row's source graph.
std::vector<RowPart> parts_of_row(const NodeRow& row, const std::vector<SourceNode>& nodes);

/// `ns` divided among the parts in integers whose sum it is.
std::vector<int64_t> divide(const std::vector<RowPart>& parts, int64_t ns);

}  // namespace tacho
