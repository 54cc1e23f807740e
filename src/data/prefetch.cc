#include "data/prefetch.h"

#include <pthread.h>
#include <time.h>

#include <memory>
#include <utility>

namespace tacho {
namespace {

Shape with_batch(int64_t batch_size, const Dataset& set) {
  Shape shape = set.train_x.shape();
  shape[0] = batch_size;
  return shape;
}

}  // namespace

Prefetch::Prefetch(const Dataset& set, BatchOrder order, DType dtype, int64_t first_step, int depth)
    : Prefetch([&set, order = std::make_shared<BatchOrder>(order)](
                   int64_t step, Batch& batch) { fill_batch(set, *order, step, batch.x.view(), batch.y.view()); },
               {dtype, with_batch(order.batch_size(), set)}, {DType::int64, {order.batch_size()}}, first_step, depth) {}

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
  std::unique_lock lock(mutex_);
  for (int64_t step = filled_.load(); !stop_; ++step) {
    // The last batch taken is still being read, so one slot of the ring is not ours.
    changed_.wait(lock, [&] { return stop_ || step < taken_ - 1 + int64_t(ring_.size()); });
    if (stop_) return;
    lock.unlock();
    std::exception_ptr error;
    try {
      fill_(step, slot(step));
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    error_ = error;
    filled_.store(step + 1, std::memory_order_release);
    changed_.notify_all();
    // The thread lives on after an error, so that its clock can still be read.
    if (error) changed_.wait(lock, [&] { return stop_; });
  }
}

bool Prefetch::ready(int64_t step) const { return step < filled_.load(std::memory_order_acquire); }

const Batch& Prefetch::take(int64_t step) {
  std::unique_lock lock(mutex_);
  TACHO_CHECK(step == taken_, "batches are taken in order: step ", step, " asked, ", taken_, " is next");
  changed_.wait(lock, [&] { return ready(step); });
  if (error_ && step == filled_.load() - 1) std::rethrow_exception(error_);
  ++taken_;
  changed_.notify_all();
  return slot(step);
}

int64_t Prefetch::cpu_ns() const {
  timespec t{};
  clock_gettime(thread_clock_, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace tacho
