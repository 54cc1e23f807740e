#pragma once
// The most that a change could save: this run's own rows with less time, played through its schedule.
#include <algorithm>
#include <vector>

#include "analysis/report.h"

namespace tacho {

/// What the step would be shorter if each row took `kept_ns` instead of its median (thread time of one step, by row of
/// the record), everything else as it is: what its schedule, played through, takes less. Without a schedule each row's
/// saving counts as on the thread that has most of it, because the others wait. At least 0. Throws tacho::Error where
/// `kept_ns` has not one entry for each row.
int64_t saved_ns(const Report& report, const std::vector<int64_t>& kept_ns);

/// The same where the rows that `wanted` says take `kept(operation)` and the others their medians.
template <class Wanted, class Kept>
int64_t saved_by(const Report& report, Wanted&& wanted, Kept&& kept) {
  std::vector<int64_t> ns;
  for (size_t r = 0; r < report.record->rows.size(); ++r) {
    const Operation& o = report.operations[r];
    ns.push_back(wanted(o) ? std::min<int64_t>(kept(o), o.median_ns) : o.median_ns);
  }
  return saved_ns(report, ns);
}

}  // namespace tacho
