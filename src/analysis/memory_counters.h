#pragma once
#include "analysis/render_json.h"

namespace tacho {

/// The part of a ledger that a trace shows.
struct TracedSteps {
  int64_t first = 0, count = 0;
  std::vector<int64_t> edges;  ///< begin of each step, then the end of the last; of the ledger's clock
};

/// Appends counter events: bytes of the arenas' blocks that are in use, shared ones and those of all threads together.
/// A block is in use from the begin of the kernel that writes it first to the end of the one that reads it last: of all
/// threads for the shared arena, of a thread and its slice for a thread's own. Nothing where no plan covers the step.
void add_memory_counters(Json& events, const Report& report, const TracedSteps& steps, int process);

}  // namespace tacho
