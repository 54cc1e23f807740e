#include "analysis/bound.h"

#include "analysis/replay.h"

namespace tacho {
namespace {

/// By how much the step's replay becomes shorter.
int64_t saved_in_schedule(const Report& report, const std::vector<int64_t>& own, const std::vector<int64_t>& kept) {
  const StepSchedule& schedule = report.record->schedule;
  const auto wall = [&](const std::vector<int64_t>& ns) {
    return replay(schedule, item_times_of_rows(schedule, ns), report.threads()).wall_ns;
  };
  return wall(own) - wall(kept);
}

/// Of a row's time in the median step, the part on the thread that has most of it; all of it where nobody says.
double largest_part(const Report& report, size_t row) {
  std::vector<int64_t> by_thread(size_t(report.threads()));
  int64_t all = 0;
  for (const LedgerEntry& entry : report.step_entries)
    if (entry.account == Account::kernel && size_t(entry.node) == row)
      by_thread[size_t(entry.thread)] += entry.ns, all += entry.ns;
  return all > 0 ? double(*std::max_element(by_thread.begin(), by_thread.end())) / double(all) : 1;
}

}  // namespace

int64_t saved_ns(const Report& report, const std::vector<int64_t>& kept_ns) {
  const size_t rows = report.record->rows.size();
  if (kept_ns.size() != rows) fail("bound: ", kept_ns.size(), " times for ", rows, " rows");
  std::vector<int64_t> own;
  for (size_t r = 0; r < rows; ++r) own.push_back(report.operations[r].median_ns);
  int64_t saved = 0;
  if (!report.record->schedule.empty()) {
    saved = saved_in_schedule(report, own, kept_ns);
  } else {
    double sum = 0;
    for (size_t r = 0; r < rows; ++r)
      if (own[r] != kept_ns[r]) sum += double(own[r] - kept_ns[r]) * largest_part(report, r);
    saved = int64_t(sum);
  }
  return std::clamp<int64_t>(saved, 0, report.step.median_ns);
}

}  // namespace tacho
