#include "analysis/replay_measured.h"

#include <algorithm>

#include "base/error.h"

namespace tacho {
namespace {

/// One kernel of the step on one thread.
struct Interval {
  int32_t node;
  int64_t begin, end;
  int64_t since;    ///< when the dispatch before it began
  bool had_waited;  ///< and whether the thread waited for others before that
};

std::vector<Interval> kernels_of(const ThreadRecord& record, int64_t begin, int64_t end) {
  std::vector<Interval> kernels;
  const auto& changes = record.transitions();
  for (size_t i = 0; i + 1 < changes.size(); ++i) {
    const Transition& change = changes[i];
    if (change.account != Account::kernel || change.at_ns < begin || change.at_ns >= end) continue;
    size_t j = i;  // back over the dispatch before it
    while (j > 0 && changes[j - 1].account == Account::dispatch) --j;
    const bool waited = j > 0 && changes[j - 1].account == Account::sync;
    kernels.push_back({change.node, change.at_ns, changes[i + 1].at_ns, changes[j].at_ns, waited});
  }
  return kernels;
}

class Mean {
 public:
  void add(int64_t ns) { sum_ += std::max<int64_t>(ns, 0), ++samples_; }
  int64_t value() const { return samples_ ? sum_ / samples_ : 0; }

 private:
  int64_t sum_ = 0, samples_ = 0;
};

class Reader {
 public:
  Reader(const Plan& plan, const Ledger& ledger, int64_t step) : plan_(plan) {
    begin_ = step == 0 ? ledger.begin_ns() : ledger.step_ends().at(size_t(step - 1));
    end_ = ledger.step_ends().at(size_t(step));
    for (int t = 0; t < ledger.threads(); ++t) {
      kernels_.push_back(kernels_of(ledger.record(t), begin_, end_));
      taken_.emplace_back(kernels_.back().size());
    }
  }

  MeasuredStep read() {
    MeasuredStep result;
    result.wall_ns = end_ - begin_;
    int64_t first = end_, last = begin_;
    for (size_t s = 0; s < plan_.stages.size(); ++s) {
      const int64_t stage_before = last;
      std::vector<bool> has_run(kernels_.size());
      result.times.emplace_back();
      for (const Task& task : plan_.stages[s].tasks) {
        result.times.back().emplace_back();
        if (task.items.empty()) continue;
        Place place = place_of(task);
        for (size_t i = 0; i < task.items.size(); ++i) {
          const Interval& kernel = take(place, task.items[i]);
          ++place.kernel;
          result.times.back().back().push_back(kernel.end - kernel.begin);
          first = std::min(first, kernel.begin), last = std::max(last, kernel.end);
          if (i > 0) items_.add(kernel.begin - kernel.since);
          else if (!plan_.successors.empty()) (kernel.had_waited ? barriers_ : items_).add(kernel.begin - kernel.since);
          else if (s > 0 && !has_run[place.thread]) barriers_.add(kernel.begin - stage_before);
        }
        has_run[place.thread] = true;
      }
    }
    for (size_t t = 0; t < kernels_.size(); ++t)
      if (std::find(taken_[t].begin(), taken_[t].end(), false) != taken_[t].end())
        fail("replay: thread ", t, " ran kernels that the plan does not have");
    // The replay puts the cost of an item before each one, the first too.
    result.costs.item_ns = items_.value();
    result.costs.barrier_ns = std::max<int64_t>(0, barriers_.value() - result.costs.item_ns);
    result.costs.before_ns = std::max<int64_t>(0, first - begin_ - result.costs.item_ns);
    result.costs.after_ns = end_ - std::max(last, begin_);
    return result;
  }

 private:
  struct Place {
    size_t thread, kernel;
  };
  /// Where the task began: of the kernels of its first node that no task has taken, on each thread the first, the one
  /// that began first. (A schedule without stages takes tasks in any order, so they need not be next on their thread.)
  Place place_of(const Task& task) const {
    const int node = task.items.front().node;
    Place found{kernels_.size(), 0};
    for (size_t t = 0; t < kernels_.size(); ++t) {
      size_t k = 0;
      while (k < kernels_[t].size() && (taken_[t][k] || kernels_[t][k].node != node)) ++k;
      if (k == kernels_[t].size()) continue;
      if (found.thread == kernels_.size() || kernels_[t][k].begin < kernels_[found.thread][found.kernel].begin)
        found = {t, k};
    }
    if (found.thread == kernels_.size()) fail("replay: no thread ran node ", node, " in that step");
    return found;
  }
  const Interval& take(const Place& place, const Item& item) {
    const auto& kernels = kernels_[place.thread];
    if (place.kernel >= kernels.size() || taken_[place.thread][place.kernel] || kernels[place.kernel].node != item.node)
      fail("replay: thread ", place.thread, " did not run node ", item.node, " where the plan has it");
    taken_[place.thread][place.kernel] = true;
    return kernels[place.kernel];
  }

  const Plan& plan_;
  int64_t begin_ = 0, end_ = 0;
  std::vector<std::vector<Interval>> kernels_;  ///< by thread
  std::vector<std::vector<bool>> taken_;        ///< by thread and kernel: a task has it
  Mean items_, barriers_;
};

}  // namespace

MeasuredStep measured_step(const Plan& plan, const Ledger& ledger, int64_t step) {
  return Reader(plan, ledger, step).read();
}

}  // namespace tacho
