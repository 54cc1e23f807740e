#pragma once
// What every thread did in the median step, moment by moment.
#include <vector>

#include "trace/ledger.h"

namespace tacho {

/// From `begin_ns` to `end_ns` (after the step's begin) a thread is in `account` (of `node`, where that is `kernel`).
struct TimelineInterval {
  int64_t begin_ns, end_ns;
  Account account;
  int32_t node;
};

/// Of each thread, without gaps from 0 to the step's duration; intervals of no length are left out.
/// Throws tacho::Error where the ledger has no such step.
std::vector<std::vector<TimelineInterval>> timeline_of(const Ledger& ledger, int64_t step);

}  // namespace tacho
