#include "analysis/timeline.h"

#include <algorithm>

#include "base/error.h"

namespace tacho {

std::vector<std::vector<TimelineInterval>> timeline_of(const Ledger& ledger, int64_t step) {
  if (step < 0 || step >= ledger.steps()) fail("timeline: step ", step, " of ", ledger.steps());
  const int64_t begin = step == 0 ? ledger.begin_ns() : ledger.step_ends()[size_t(step - 1)];
  const int64_t end = ledger.step_ends()[size_t(step)];
  std::vector<std::vector<TimelineInterval>> threads;
  for (int t = 0; t < ledger.threads(); ++t) {
    const auto& changes = ledger.record(t).transitions();
    // The last change at or before the begin is still in force there.
    size_t i = size_t(std::upper_bound(changes.begin(), changes.end(), begin,
                                       [](int64_t at, const Transition& c) { return at < c.at_ns; }) -
                      changes.begin());
    if (i == 0) fail("timeline: the ledger of thread ", t, " does not begin with the measurement");
    std::vector<TimelineInterval> intervals;
    for (--i; i < changes.size() && changes[i].at_ns < end; ++i) {
      const int64_t from = std::max(changes[i].at_ns, begin);
      const int64_t until = i + 1 < changes.size() ? std::min(changes[i + 1].at_ns, end) : end;
      if (until > from) intervals.push_back({from - begin, until - begin, changes[i].account, changes[i].node});
    }
    threads.push_back(std::move(intervals));
  }
  return threads;
}

}  // namespace tacho
