#pragma once
// The ledger (architecture section 6): every thread has a row of accounts with one timestamp at each change, all
// between one begin and one end. Durations are differences of integer timestamps, so threads x wall = the sum of the
// accounts by construction.
#include <cstdint>
#include <string>
#include <vector>

#include "trace/statistics.h"

namespace tacho {

/// What a thread's time is spent on; at any moment exactly one.
enum class Account : uint8_t {
  kernel,         ///< inside the kernel of a node
  dispatch,       ///< a ready task existed, or the caller prepared one
  sync,           ///< unfinished tasks, none ready
  input,          ///< waiting for data
  communication,  ///< waiting for another process
  profiler,       ///< stamped bookkeeping of the measurement itself
  idle,           ///< nothing left, or asleep
};
constexpr int kAccounts = 7;
/// "kernel", "dispatch", ...
const char* name_of(Account account);

/// From `at_ns` on the thread is in `account` (of `node`, where the account is `kernel`; else -1).
struct Transition {
  int64_t at_ns;
  int32_t node;
  Account account;
};

/// One thread's changes, in order. Written by that thread alone; read by the coordinator after completion was
/// published.
class ThreadRecord {
 public:
  /// Room for so many changes, its pages touched: a page's first touch in a step would be the step's (a tenth of a
  /// timestamp's cost for each change).
  void prepare(size_t capacity);
  void start(int64_t at_ns, Account account);
  /// Growing the record is bookkeeping: from `at_ns` to its end the thread is in `profiler`, then in `account`.
  void change(int64_t at_ns, Account account, int32_t node = -1) {
    if (transitions_.size() + 2 > transitions_.capacity()) at_ns = grow(at_ns);
    transitions_.push_back({at_ns, node, account});
  }
  /// The interval since the last change is in `account` instead: no timestamp of its own.
  void rename_last(Account account) { transitions_.back().account = account; }
  const std::vector<Transition>& transitions() const { return transitions_; }
  int64_t last_change_ns() const { return transitions_.back().at_ns; }
  Account account() const { return transitions_.back().account; }

 private:
  /// Returns when it was done.
  int64_t grow(int64_t at_ns);
  std::vector<Transition> transitions_;
};

/// One row of a closed ledger: nanoseconds of one thread in one account of one node.
struct LedgerEntry {
  int thread;
  Account account;
  int32_t node;
  int64_t ns;
};

/// A thread outside the pool: CPU time only, not part of the identity.
struct OutsideThread {
  std::string name;
  int64_t cpu_ns;
};

/// The ledger of a run of measured steps.
class Ledger {
 public:
  /// Memory for a hundred steps of the reference experiment; `begin` does it where nobody has.
  void prepare(int threads);
  /// Everything between `begin` and `close` is accounted for. Thread 0 starts in dispatch, the others in idle.
  void begin(int threads, int64_t at_ns);
  /// A step ends (and the next begins) at `at_ns`; the first step begins with the ledger.
  void end_step(int64_t at_ns) { step_ends_.push_back(at_ns); }
  /// The end that all threads share.
  void close(int64_t at_ns) { end_ns_ = at_ns; }

  int threads() const { return int(records_.size()); }
  ThreadRecord& record(int thread) { return records_[size_t(thread)]; }
  const ThreadRecord& record(int thread) const { return records_[size_t(thread)]; }
  int64_t begin_ns() const { return begin_ns_; }
  int64_t wall_ns() const { return end_ns_ - begin_ns_; }
  int64_t steps() const { return int64_t(step_ends_.size()); }
  const std::vector<int64_t>& step_ends() const { return step_ends_; }
  /// Duration of each step.
  std::vector<int64_t> step_ns() const;

  /// Sums per thread, account and node; in thread, account, node order. Throws tacho::Error where times run backwards
  /// or leave [begin, end], or where the sum is not threads x wall.
  std::vector<LedgerEntry> entries() const;
  /// The same, of one step only.
  std::vector<LedgerEntry> entries_of_step(int64_t step) const;
  /// kernel time of each node (0 <= node < nodes), summed over threads, for each step.
  std::vector<std::vector<int64_t>> kernel_ns_by_step(int nodes) const;
  /// Number of timestamps taken.
  int64_t transitions() const;

  std::vector<OutsideThread> outside;

 private:
  std::vector<LedgerEntry> entries_between(int64_t begin, int64_t end) const;
  template <class Visit>
  void for_each_interval(int thread, Visit&& visit) const;
  std::vector<ThreadRecord> records_;
  std::vector<int64_t> step_ends_;
  int64_t begin_ns_ = 0, end_ns_ = 0;
};

/// Measured cost of one timestamp in nanoseconds (median over short batches).
double timestamp_cost_ns();

}  // namespace tacho
