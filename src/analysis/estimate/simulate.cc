#include "analysis/estimate/simulate.h"

#include <algorithm>
#include <queue>

namespace tacho {

int64_t item_count(const Plan& plan) {
  int64_t items = 0;
  for (const Stage& stage : plan.stages)
    for (const Task& task : stage.tasks) items += int64_t(task.items.size());
  return items;
}

double replay(const Plan& plan, const std::vector<double>& node_ns, int threads) {
  const auto task_ns = [&](const Task& task) {
    double ns = 0;
    for (const Item& item : task.items)
      ns += node_ns[size_t(item.node)] *
            (item.slice.total > 0 ? double(item.slice.count) / double(item.slice.total) : 1.0);
    return ns;
  };
  using Times = std::priority_queue<double, std::vector<double>, std::greater<>>;
  if (plan.successors.empty()) {
    double end = 0;
    for (const Stage& stage : plan.stages) {
      Times free;
      for (int t = 0; t < threads; ++t) free.push(end);
      double last = end;
      for (const Task& task : stage.tasks) {
        const double begin = free.top();
        free.pop();
        free.push(begin + task_ns(task));
        last = std::max(last, begin + task_ns(task));
      }
      end = last;
    }
    return end;
  }
  // Schedule `operators`: the task that has been ready longest goes to the thread that is free first.
  const std::vector<Task>& tasks = plan.stages.front().tasks;
  std::vector<int> waiting(tasks.size());
  for (const std::vector<int>& successors : plan.successors)
    for (int next : successors) ++waiting[size_t(next)];
  std::priority_queue<std::pair<double, int>, std::vector<std::pair<double, int>>, std::greater<>> ready;
  std::vector<double> since(tasks.size());
  for (size_t t = 0; t < tasks.size(); ++t)
    if (waiting[t] == 0) ready.push({0, int(t)});
  Times free;
  for (int t = 0; t < threads; ++t) free.push(0);
  double last = 0;
  while (!ready.empty()) {
    const auto [at, t] = ready.top();
    ready.pop();
    const double end = std::max(at, free.top()) + task_ns(tasks[size_t(t)]);
    free.pop();
    free.push(end);
    last = std::max(last, end);
    for (int next : plan.successors[size_t(t)]) {
      since[size_t(next)] = std::max(since[size_t(next)], end);
      if (--waiting[size_t(next)] == 0) ready.push({since[size_t(next)], next});
    }
  }
  return last;
}

}  // namespace tacho
