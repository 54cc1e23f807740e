#include "analysis/replay.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <utility>

#include "base/error.h"

namespace tacho {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

class Player {
 public:
  Player(const StepSchedule& schedule, const ItemTimes& times, int threads, const ReplayCosts& costs)
      : schedule_(schedule), times_(times), costs_(costs), at_(size_t(threads)), last_(size_t(threads), -1) {
    result_.threads.resize(size_t(threads));
  }

  Replay play() {
    for (int t = 0; t < threads(); ++t) spend(t, t == 0 ? kDispatch : kIdle, costs_.before_ns);
    bool any = false;
    for (const auto& stage : schedule_.stages) any = any || !stage.empty();
    if (any) {
      for (int t = 0; t < threads(); ++t) spend(t, kDispatch, costs_.before_ns + costs_.dispatch_ns);
      if (schedule_.successors.empty()) run_stages();
      else run_graph();
    }
    result_.wall_ns = at_[0] + costs_.after_ns;
    for (int t = 0; t < threads(); ++t) spend(t, t == 0 ? kDispatch : kIdle, result_.wall_ns);
    for (int run = latest_; run >= 0; run = held_by_[size_t(run)]) result_.chain.push_back(runs_[size_t(run)]);
    std::reverse(result_.chain.begin(), result_.chain.end());
    return std::move(result_);
  }

 private:
  using AccountField = int64_t ReplayedThread::*;
  static constexpr AccountField kKernel = &ReplayedThread::kernel_ns, kDispatch = &ReplayedThread::dispatch_ns,
                                kSync = &ReplayedThread::sync_ns, kIdle = &ReplayedThread::idle_ns;

  int threads() const { return int(at_.size()); }
  /// Until `until` the thread's time goes to `account`; every nanosecond of every thread goes through here.
  void spend(int thread, AccountField account, int64_t until) {
    int64_t& at = at_[size_t(thread)];
    if (until <= at) return;
    result_.threads[size_t(thread)].*account += until - at;
    at = until;
  }
  /// A task on a thread from now on; `held_by` is the run whose end let it begin.
  void run_task(int stage, int task, int thread, int held_by) {
    ReplayedTask run{stage, task, thread, at_[size_t(thread)], 0};
    for (int64_t ns : times_[size_t(stage)][size_t(task)]) {
      spend(thread, kDispatch, at_[size_t(thread)] + costs_.item_ns);
      spend(thread, kKernel, at_[size_t(thread)] + ns);
    }
    run.end_ns = at_[size_t(thread)];
    last_[size_t(thread)] = int(runs_.size());
    held_by_.push_back(held_by);
    runs_.push_back(run);
    if (latest_ < 0 || run.end_ns > runs_[size_t(latest_)].end_ns) latest_ = last_[size_t(thread)];
  }

  void run_stages() {
    bool first = true;
    for (int s = 0; s < int(schedule_.stages.size()); ++s) {
      const int tasks = int(schedule_.stages[size_t(s)].size());
      if (tasks == 0) continue;  // the pool passes it without a barrier
      const int before = latest_;
      if (!std::exchange(first, false))
        for (int t = 0; t < threads(); ++t) spend(t, kDispatch, at_[size_t(t)] + costs_.barrier_ns);
      std::vector<bool> has_run(at_.size());
      latest_ = -1;
      for (int task = 0; task < tasks; ++task) {
        const int thread = int(std::min_element(at_.begin(), at_.end()) - at_.begin());
        run_task(s, task, thread, has_run[size_t(thread)] ? last_[size_t(thread)] : before);
        has_run[size_t(thread)] = true;
      }
      const int64_t end = *std::max_element(at_.begin(), at_.end());
      for (int t = 0; t < threads(); ++t) spend(t, kSync, end);
    }
  }

  void run_graph() {
    const size_t tasks = schedule_.successors.size();
    std::vector<int> waiting(tasks), made_ready_by(tasks, -1);
    std::vector<int64_t> ready_since(tasks);
    for (const std::vector<int>& successors : schedule_.successors)
      for (int next : successors) ++waiting[size_t(next)];
    std::deque<int> ready;
    std::vector<int64_t> looks(at_);     // when a thread looks for a task next; never: it waits for a signal
    std::vector<bool> runs(at_.size());  // it is in a task until then
    const auto push = [&](int task, int64_t now, int by) {
      ready_since[size_t(task)] = now, made_ready_by[size_t(task)] = by;
      ready.push_back(task);
      for (int64_t& time : looks)
        if (time == kNever) time = now + costs_.barrier_ns;
    };
    for (size_t task = 0; task < tasks; ++task)
      if (waiting[task] == 0) push(int(task), at_[0], -1);
    for (size_t done = 0; done < tasks;) {
      const int thread = int(std::min_element(looks.begin(), looks.end()) - looks.begin());
      const size_t t = size_t(thread);
      const int64_t now = looks[t];
      TACHO_CHECK(now != kNever, "the plan's tasks wait for one another in a circle");
      const bool ran = runs[t];
      if (ran) {
        ++done;
        for (int next : schedule_.successors[size_t(runs_[size_t(last_[t])].task)])
          if (--waiting[size_t(next)] == 0) push(next, now, last_[t]);
      }
      runs[t] = !ready.empty();
      looks[t] = kNever;
      if (!runs[t]) continue;
      const int task = ready.front();
      ready.pop_front();
      if (!ran) {  // it waited: until the task was ready, then until it woke
        spend(thread, kSync, ready_since[size_t(task)]);
        spend(thread, kDispatch, now);
      }
      run_task(0, task, thread, ran ? last_[t] : made_ready_by[size_t(task)]);
      looks[t] = at_[t];
    }
    const int64_t end = runs_[size_t(latest_)].end_ns;
    for (int t = 0; t < threads(); ++t) spend(t, kSync, end);
  }

  const StepSchedule& schedule_;
  const ItemTimes& times_;
  const ReplayCosts& costs_;
  std::vector<int64_t> at_;  ///< until when each thread's time is spent
  std::vector<int> last_;    ///< latest run of each thread
  std::vector<ReplayedTask> runs_;
  std::vector<int> held_by_;  ///< per run
  int latest_ = -1;           ///< the run that ended last (of the stage)
  Replay result_;
};

void check(const StepSchedule& schedule, const ItemTimes& times, int threads, const ReplayCosts& costs) {
  if (threads < 1) fail("replay: expected at least one thread, got ", threads);
  if (std::min({costs.before_ns, costs.after_ns, costs.dispatch_ns, costs.barrier_ns, costs.item_ns}) < 0)
    fail("replay: a cost is below 0 ns");
  bool same = times.size() == schedule.stages.size();
  for (size_t s = 0; same && s < times.size(); ++s) {
    const auto& tasks = schedule.stages[s];
    same = times[s].size() == tasks.size();
    for (size_t t = 0; same && t < tasks.size(); ++t) same = times[s][t].size() == tasks[t].size();
  }
  if (!same) fail("replay: the times are not those of the plan's items");
}

}  // namespace

ItemTimes item_times(const Plan& plan, const std::function<int64_t(const Item&)>& ns_of) {
  ItemTimes times;
  for (const Stage& stage : plan.stages) {
    times.emplace_back();
    for (const Task& task : stage.tasks) {
      times.back().emplace_back();
      for (const Item& item : task.items) {
        const int64_t ns = ns_of(item);
        if (ns < 0) fail("replay: node ", item.node, " takes ", ns, " ns");
        times.back().back().push_back(ns);
      }
    }
  }
  return times;
}

ItemTimes item_times_of_nodes(const Plan& plan, const std::vector<int64_t>& node_ns) {
  if (node_ns.size() != plan.nodes.size()) fail("replay: ", node_ns.size(), " times for ", plan.nodes.size(), " nodes");
  return item_times_of_rows(schedule_of(plan), node_ns);
}

ItemTimes item_times_of_rows(const StepSchedule& schedule, const std::vector<int64_t>& row_ns) {
  std::vector<int64_t> units(row_ns.size()), met(row_ns.size());
  for (const auto& stage : schedule.stages)
    for (const auto& task : stage)
      for (const ScheduledCall& call : task) units.at(size_t(call.row)) += call.units;
  ItemTimes times;
  for (const auto& stage : schedule.stages) {
    times.emplace_back();
    for (const auto& task : stage) {
      times.back().emplace_back();
      for (const ScheduledCall& call : task) {
        // What has been given out after so many units, less what was before: the parts sum to the row's time.
        const size_t r = size_t(call.row);
        const auto given = [&](int64_t n) { return int64_t(static_cast<__int128>(row_ns[r]) * n / units[r]); };
        const int64_t before = given(met[r]);
        met[r] += call.units;
        times.back().back().push_back(given(met[r]) - before);
      }
    }
  }
  return times;
}

Replay replay(const StepSchedule& schedule, const ItemTimes& times, int threads, const ReplayCosts& costs) {
  check(schedule, times, threads, costs);
  return Player(schedule, times, threads, costs).play();
}

Replay replay(const Plan& plan, const ItemTimes& times, int threads, const ReplayCosts& costs) {
  return replay(schedule_of(plan), times, threads, costs);
}

}  // namespace tacho
