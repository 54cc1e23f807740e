#pragma once
// Batches made ahead of the step that needs them, on a thread outside the pool.
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "data/batches.h"

namespace tacho {

/// What a step reads.
struct Batch {
  Tensor x;  ///< float32 or float64, B x one example's shape
  Tensor y;  ///< int64, B
};

/// A thread that fills a ring of preallocated batches for steps first, first + 1, ... and sleeps once the ring is full,
/// until half of it is free: so small batches, of which a ring has many, are taken without waking anybody. One thread
/// takes them, in this order; nothing is allocated per step.
class Prefetch {
 public:
  /// Fills `batch` for `step`; called on the prefetch thread only.
  using Fill = std::function<void(int64_t step, Batch& batch)>;

  /// Batches of the training part of `set`, which must outlive this object: three, or more where they are small.
  Prefetch(const Dataset& set, BatchOrder order, DType dtype, int64_t first_step);
  /// Any source. Every batch of the ring has x of type `x` and y of type `y`.
  Prefetch(Fill fill, TensorType x, TensorType y, int64_t first_step, int depth = 3);
  /// Ends the thread, at the latest when the batch that it is filling is full.
  ~Prefetch();
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;

  /// Whether take(step) would return (or throw) without waiting. Takes no lock.
  bool ready(int64_t step) const;
  /// The batch of `step`, waiting for it if need be. Steps are taken in order; the batch stays until the next take.
  /// Rethrows what went wrong on the thread, at the step that it was filling.
  const Batch& take(int64_t step);
  /// CPU time in nanoseconds that the thread has used so far: the ledger's `outside`.
  int64_t cpu_ns() const;

 private:
  void run();
  /// Slots that the thread may fill before `step` is.
  int64_t free_slots(int64_t step) const { return taken_ - 1 + int64_t(ring_.size()) - step; }
  Batch& slot(int64_t step) { return ring_[size_t(step) % ring_.size()]; }

  Fill fill_;
  std::vector<Batch> ring_;
  std::atomic<int64_t> filled_;  ///< all steps below this one are filled, or failed
  std::atomic<int64_t> taken_;   ///< the next to be taken; the slots of taken_ - 1 and later are not overwritten
  // The filling thread says that it sleeps before it looks at taken_ a last time; who takes looks whether it sleeps
  // when taken_ has changed. Both in one order of all threads, so that one of them sees the other.
  std::atomic<bool> filler_sleeps_ = false, failed_ = false;
  std::mutex mutex_;  ///< guards the waits and the next three
  bool taker_sleeps_ = false, stop_ = false;
  std::exception_ptr error_;  ///< of step filled_ - 1, where failed_
  std::condition_variable changed_;
  clockid_t thread_clock_{};
  std::thread thread_;  ///< last, so that it starts when all else is made
};

}  // namespace tacho
