#include "trace/ledger.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/clock.h"
#include "base/error.h"

namespace tacho {

const char* name_of(Account account) {
  static constexpr const char* kNames[kAccounts] = {"kernel",        "dispatch", "sync", "input",
                                                    "communication", "profiler", "idle"};
  return kNames[size_t(account)];
}

void ThreadRecord::prepare(size_t capacity) {
  transitions_.resize(capacity);  // written once
  transitions_.clear();
}

void ThreadRecord::start(int64_t at_ns, Account account) {
  transitions_.clear();
  transitions_.push_back({at_ns, -1, account});
}

int64_t ThreadRecord::grow(int64_t at_ns) {
  transitions_.push_back({at_ns, -1, Account::profiler});  // room for this one is always left
  transitions_.reserve(transitions_.capacity() * 2);
  return std::max(at_ns, now_ns());
}

void Ledger::prepare(int threads) {
  constexpr size_t kCapacity = 1 << 15;  // half a megabyte a thread
  step_ends_.clear();
  step_ends_.reserve(1 << 12);
  records_.resize(size_t(threads));
  for (ThreadRecord& record : records_) record.prepare(kCapacity);
}

void Ledger::begin(int threads, int64_t at_ns) {
  if (int(records_.size()) != threads || !step_ends_.empty()) prepare(threads);
  begin_ns_ = end_ns_ = at_ns;
  for (int t = 0; t < threads; ++t) records_[size_t(t)].start(at_ns, t == 0 ? Account::dispatch : Account::idle);
}

std::vector<int64_t> Ledger::step_ns() const {
  std::vector<int64_t> durations;
  int64_t before = begin_ns_;
  for (int64_t end : step_ends_) durations.push_back(end - before), before = end;
  return durations;
}

template <class Visit>
void Ledger::for_each_interval(int thread, Visit&& visit) const {
  const auto& changes = records_[size_t(thread)].transitions();
  if (changes.empty() || changes.front().at_ns != begin_ns_)
    fail("ledger of thread ", thread, " does not begin with the measurement");
  for (size_t i = 0; i < changes.size(); ++i) {
    const int64_t end = i + 1 < changes.size() ? changes[i + 1].at_ns : end_ns_;
    if (end < changes[i].at_ns || end > end_ns_)
      fail("ledger of thread ", thread, " does not close: change ", i, " of ", changes.size(), " (",
           name_of(changes[i].account), ") at ", changes[i].at_ns - begin_ns_, " ns is followed by ", end - begin_ns_,
           " ns, the end is ", wall_ns(), " ns");
    visit(changes[i], end);
  }
}

std::vector<LedgerEntry> Ledger::entries_between(int64_t begin, int64_t end) const {
  std::map<std::tuple<int, Account, int32_t>, int64_t> sums;
  int64_t total = 0;
  for (int t = 0; t < threads(); ++t)
    for_each_interval(t, [&](const Transition& change, int64_t until) {
      const int64_t ns = std::min(until, end) - std::max(change.at_ns, begin);
      if (ns > 0) sums[{t, change.account, change.node}] += ns, total += ns;
    });
  if (total != int64_t(threads()) * (end - begin))
    fail("ledger does not close: ", total, " ns accounted for, ", threads(), " threads x ", end - begin,
         " ns to account for");
  std::vector<LedgerEntry> entries;
  for (const auto& [key, ns] : sums) entries.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), ns});
  return entries;
}

std::vector<LedgerEntry> Ledger::entries() const { return entries_between(begin_ns_, end_ns_); }

std::vector<LedgerEntry> Ledger::entries_of_step(int64_t step) const {
  const int64_t begin = step == 0 ? begin_ns_ : step_ends_.at(size_t(step - 1));
  return entries_between(begin, step_ends_.at(size_t(step)));
}

std::vector<std::vector<int64_t>> Ledger::kernel_ns_by_step(int nodes) const {
  std::vector<std::vector<int64_t>> by_step(step_ends_.size(), std::vector<int64_t>(size_t(nodes)));
  for (int t = 0; t < threads(); ++t) {
    size_t step = 0;
    for_each_interval(t, [&](const Transition& change, int64_t until) {
      int64_t from = change.at_ns;
      while (step < step_ends_.size() && step_ends_[step] <= from) ++step;
      // A kernel never crosses the end of a step: the step's last barrier comes after it.
      if (change.account == Account::kernel && step < by_step.size() && change.node < nodes)
        by_step[step][size_t(change.node)] += until - from;
    });
  }
  return by_step;
}

int64_t Ledger::transitions() const {
  int64_t n = 0;
  for (const ThreadRecord& record : records_) n += int64_t(record.transitions().size());
  return n;
}

double timestamp_cost_ns() {
  std::vector<int64_t> batches;
  for (int batch = 0; batch < 33; ++batch) {
    const int64_t begin = now_ns();
    int64_t last = begin;
    for (int i = 0; i < 64; ++i) last = now_ns();
    batches.push_back(last - begin);
  }
  return double(quantile(batches, 0.5)) / 64.0;
}

}  // namespace tacho
