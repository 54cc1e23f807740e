#pragma once
// Measured steps, each divided among kinds of operation so that the parts are the step, to the nanosecond.
#include <compare>
#include <map>
#include <string>
#include <vector>

#include "analysis/fused.h"
#include "analysis/record.h"

namespace tacho {

/// What time was spent on: an operation by its name, or outside kernels an account.
struct StepPart {
  std::string kind;  ///< "product", "index", ... (name_of NodeKind), or "outside"
  std::string op;    ///< "conv2d"; of a fused row each member's; outside kernels "dispatch", "sync", ...
  auto operator<=>(const StepPart&) const = default;
};

/// Signed, so that a difference of two steps has the same form.
using StepParts = std::map<StepPart, int64_t>;

/// One step. Of n threads an n-th of each thread's time counts, so the parts sum to `ns` exactly.
struct WaySample {
  int64_t ns = 0;
  StepParts parts;
};

/// Kinds in the order in which tables print them.
const std::vector<std::string>& step_kinds();

/// Sum of the parts of each kind.
std::map<std::string, int64_t> by_kind(const StepParts& parts);

/// What each of the ledger's node numbers stands for, with the weights that divide its time (analysis/fused.h). Rows of
/// the plan's own (reorders, packs, combined sums) are "other", or part of the update where they stand there.
std::vector<std::vector<RowPart>> parts_of_rows(const Graph& source, const std::vector<NodeRow>& rows);
StepPart to_step_part(const RowPart& part);

/// Every step of the record. Needs its ledger, rows, source and threads. Throws tacho::Error where the ledger does not
/// close.
std::vector<WaySample> step_samples(const RunRecord& record);
/// Those of the quicker half (trace/statistics.h), in their order.
std::vector<WaySample> quicker_samples(std::vector<WaySample> samples);

}  // namespace tacho
