#include "analysis/floors.h"

#include <algorithm>
#include <cmath>

namespace tacho {
namespace {

double share_of(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

Floor floor_of(const NodeRow& row, const MachineProfile& profile, int threads) {
  Floor floor;
  floor.bytes = row.traffic.bytes_read + row.traffic.bytes_written;
  floor.working_set_bytes = row.traffic.working_set_bytes;
  const double rate = profile.flop_per_s(row.dtype, threads) / threads / 2;
  if (rate > 0) floor.arithmetic_ns = std::llround(multiply_adds(row.executed.tally) / rate * 1e9);
  if (floor.bytes > 0) {
    const MemoryLevel level = profile.level_of(floor.working_set_bytes, threads);
    floor.level = level.name;
    if (level.bytes_per_s > 0) floor.bytes_ns = std::llround(double(floor.bytes) / level.bytes_per_s * threads * 1e9);
  }
  if (floor.ns() > 0) floor.bound_by = floor.arithmetic_ns >= floor.bytes_ns ? "arithmetic" : floor.level;
  return floor;
}

void add_floors(Report& report) {
  const RunRecord& record = *report.record;
  if (!record.profile) return;
  StepSummary& step = report.step;
  int64_t executed_flop = 0;
  std::vector<int64_t> row_ns;
  for (size_t r = 0; r < record.rows.size(); ++r) {
    Operation& operation = report.operations[r];
    if (record.rows[r].kind != PlannedNode::view) {
      operation.floor = floor_of(record.rows[r], *record.profile, 1);
      operation.shared_floor_ns = floor_of(record.rows[r], *record.profile, record.threads).ns();
    }
    operation.floor_ns = operation.floor.ns();
    operation.bound_by = operation.floor.bound_by;
    operation.room_ns = operation.median_ns - operation.floor_ns;
    row_ns.push_back(operation.floor_ns);
    step.floor_thread_ns += operation.floor_ns;
    step.shared_thread_ns += operation.shared_floor_ns;
    executed_flop += flop(record.rows[r].executed.tally);
  }
  step.floor_sum_ns = step.shared_thread_ns / record.threads;
  step.floor_chain_ns = work_and_span(record.schedule, row_ns).span_ns;
  step.floor_ns = std::max(step.floor_sum_ns, step.floor_chain_ns);
  step.peak_flop_per_s = record.profile->flop_per_s(record.dtype, record.threads);
  const double possible = step.peak_flop_per_s * double(step.median_ns) / 1e9;
  step.mfu = share_of(double(step.flop), possible);
  step.hfu = share_of(double(executed_flop), possible);
}

}  // namespace tacho
