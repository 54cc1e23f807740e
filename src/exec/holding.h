#pragma once
// Virtual speedup (Curtsinger and Berger, "Coz: finding code that counts with causal profiling", SOSP 2015): a node
// cannot be made faster for a measurement, but everybody else can be held for as long as it would have saved. The step
// less the time that everybody was held is the step with a faster node.
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"

namespace tacho {

class Holding {
 public:
  /// Each time that `node` is over on a thread after t ns, every other thread is held for `share` x t. `stages`: of the
  /// program.
  Holding(int node, double share, int threads, int stages)
      : node_(node),
        share_(share),
        paid_(size_t(threads)),
        base_(new std::atomic<int64_t>[size_t(stages)]),
        stages_(stages) {
    begin_step();
  }
  int node() const { return node_; }
  /// Before each step.
  void begin_step() {
    owed_.store(0);
    for (Paid& paid : paid_) paid = {};
    for (int s = 0; s < stages_; ++s) base_[size_t(s)].store(-1);
  }
  /// Nanoseconds that each thread was held in the step, or saved itself: what to subtract from it.
  int64_t owed_ns() const { return owed_.load(); }

  // Called by the threads.
  /// A thread takes a task of a stage. Whoever waited at the barrier was held up by those who had paid everything.
  void enter(int stage, int thread) {
    Paid& paid = paid_[size_t(thread)];
    if (paid.stage == stage) return;
    paid.stage = stage;
    // Nobody owes anything new between the barrier and the first task behind it.
    int64_t before = -1;
    const int64_t now = owed_.load();
    paid.ns = base_[size_t(stage)].compare_exchange_strong(before, now) ? now : before;
  }
  /// Before a kernel, and before a task is over.
  void pay(int thread) {
    Paid& paid = paid_[size_t(thread)];
    const int64_t owed = owed_.load();
    if (owed <= paid.ns) return;
    const int64_t until = now_ns() + (owed - paid.ns);
    while (now_ns() < until) {
    }
    paid.ns = owed;
  }
  /// The node was over on `thread` after `ns`.
  void owe(int thread, int64_t ns) {
    const int64_t saved = int64_t(double(ns) * share_);
    paid_[size_t(thread)].ns += saved;
    owed_.fetch_add(saved);
  }

 private:
  struct alignas(64) Paid {
    int64_t ns = 0;
    int stage = -1;
  };
  int node_;
  double share_;
  std::atomic<int64_t> owed_{0};
  std::vector<Paid> paid_;                        ///< by thread
  std::unique_ptr<std::atomic<int64_t>[]> base_;  ///< by stage: owed when it began
  int stages_;
};

}  // namespace tacho
