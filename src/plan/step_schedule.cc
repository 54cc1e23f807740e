#include "plan/step_schedule.h"

#include <algorithm>

#include "plan/plan.h"

namespace tacho {

void StepSchedule::append(const StepSchedule& next) {
  TACHO_CHECK(successors.empty() && next.successors.empty(), "only schedules of stages follow one another");
  stages.insert(stages.end(), next.stages.begin(), next.stages.end());
}

StepSchedule schedule_of(const Plan& plan, int first_row) {
  StepSchedule schedule;
  schedule.successors = plan.successors;
  for (const Stage& stage : plan.stages) {
    auto& tasks = schedule.stages.emplace_back();
    for (const Task& task : stage.tasks) {
      auto& calls = tasks.emplace_back();
      for (const Item& item : task.items)
        calls.push_back({int32_t(first_row + item.node), std::max<int64_t>(item.slice.count, 1)});
    }
  }
  return schedule;
}

WorkSpan work_and_span(const StepSchedule& schedule, const std::vector<int64_t>& row_ns) {
  std::vector<int64_t> units(row_ns.size());
  for (const auto& stage : schedule.stages)
    for (const auto& task : stage)
      for (const ScheduledCall& call : task) units.at(size_t(call.row)) += call.units;
  const auto time_of = [&](const std::vector<ScheduledCall>& task) {
    double ns = 0;
    for (const ScheduledCall& call : task)
      ns += double(row_ns[size_t(call.row)]) * double(call.units) / double(units[size_t(call.row)]);
    return int64_t(ns);
  };
  WorkSpan result;
  for (size_t r = 0; r < units.size(); ++r)
    if (units[r]) result.work_ns += row_ns[r];
  if (schedule.successors.empty()) {  // a barrier after each stage: its longest task counts
    for (const auto& stage : schedule.stages) {
      int64_t longest = 0;
      for (const auto& task : stage) longest = std::max(longest, time_of(task));
      result.span_ns += longest;
    }
    return result;
  }
  const auto& tasks = schedule.stages.front();
  std::vector<int64_t> begin(tasks.size());
  for (size_t t = 0; t < tasks.size(); ++t) {
    const int64_t end = begin[t] + time_of(tasks[t]);
    result.span_ns = std::max(result.span_ns, end);
    for (int next : schedule.successors[t]) begin[size_t(next)] = std::max(begin[size_t(next)], end);
  }
  return result;
}

}  // namespace tacho
