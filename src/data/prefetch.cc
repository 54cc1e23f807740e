#include "data/prefetch.h"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace tacho {
namespace {

Shape with_batch(int64_t batch_size, const Dataset& set) {
  Shape shape = set.train_x.shape();
  shape[0] = batch_size;
  return shape;
}

/// As many as are worth a thread's waking up: some 10 us for what a small batch takes less than one to fill.
int depth_for(const Dataset& set, int64_t batch_size, DType dtype) {
  constexpr int64_t kRingBytes = 1 << 18;
  const int64_t bytes = element_count(with_batch(batch_size, set)) * int64_t(size_of(dtype));
  return int(std::clamp<int64_t>(kRingBytes / std::max<int64_t>(bytes, 1), 3, 64));
}

}  // namespace

Prefetch::Prefetch(const Dataset& set, BatchOrder order, DType dtype, int64_t first_step)
    : Prefetch([&set, order = std::make_shared<BatchOrder>(order)](
                   int64_t step, Batch& batch) { fill_batch(set, *order, step, batch.x.view(), batch.y.view()); },
               {dtype, with_batch(order.batch_size(), set)}, {DType::int64, {order.batch_size()}}, first_step,
               depth_for(set, order.batch_size(), dtype)) {}

Prefetch::Prefetch(Fill fill, TensorType x, TensorType y, int64_t first_step, int depth)
    : fill_(std::move(fill)), filled_(first_step), taken_(first_step) {
  TACHO_CHECK(first_step >= 1 && depth >= 2, "one batch is in use while the next is filled");
  for (int i = 0; i < depth; ++i) ring_.push_back({Tensor::zeros(x), Tensor::zeros(y)});
  thread_ = std::thread([this] { run(); });
  TACHO_CHECK(pthread_getcpuclockid(thread_.native_handle(), &thread_clock_) == 0);
}

Prefetch::~Prefetch() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Prefetch::run() {
  const int64_t refill = std::max<int64_t>(int64_t(ring_.size()) / 2, 1);
  for (int64_t step = filled_.load();; ++step) {
    if (free_slots(step) <= 0) {
      std::unique_lock lock(mutex_);
      filler_sleeps_ = true;
      changed_.wait(lock, [&] { return stop_ || free_slots(step) >= refill; });
      filler_sleeps_ = false;
      if (stop_) return;
    }
    std::exception_ptr error;
    try {
      fill_(step, slot(step));
    } catch (...) {
      error = std::current_exception();
    }
    if (error) {
      std::lock_guard lock(mutex_);
      error_ = error;
      failed_ = true;
    }
    filled_ = step + 1;
    std::unique_lock lock(mutex_);
    if (taker_sleeps_) changed_.notify_all();
    // The thread lives on after an error, so that its clock can still be read.
    if (error) changed_.wait(lock, [&] { return stop_; });
    if (stop_) return;
  }
}

bool Prefetch::ready(int64_t step) const { return step < filled_.load(std::memory_order_acquire); }

const Batch& Prefetch::take(int64_t step) {
  TACHO_CHECK(step == taken_, "batches are taken in order: step ", step, " asked, ", taken_.load(), " is next");
  if (!ready(step)) {
    std::unique_lock lock(mutex_);
    taker_sleeps_ = true;
    changed_.wait(lock, [&] { return step < filled_; });
    taker_sleeps_ = false;
  }
  if (failed_ && step == filled_ - 1) {
    std::lock_guard lock(mutex_);
    std::rethrow_exception(error_);
  }
  ++taken_;
  if (filler_sleeps_ && free_slots(filled_) >= std::max<int64_t>(int64_t(ring_.size()) / 2, 1)) {
    std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  return slot(step);
}

int64_t Prefetch::cpu_ns() const {
  timespec t{};
  clock_gettime(thread_clock_, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace tacho
