#include "exec/first_touch.h"

#include <thread>

namespace tacho {
namespace {

/// One task a thread: each waits until all have begun, so that none takes two.
class FirstTouch final : public Program {
 public:
  FirstTouch(int threads, std::span<const TouchedPart> parts) : threads_(threads), parts_(parts) {}
  int stages() const override { return 1; }
  int tasks(int) const override { return threads_; }
  void run(int, int, Worker& worker) override {
    begun_.fetch_add(1);
    while (begun_.load() < threads_) std::this_thread::yield();
    for (const TouchedPart& part : parts_) {
      if (part.thread != worker.thread() || part.bytes == 0) continue;
      // Volatile, or nobody would write what nobody reads.
      for (size_t at = 0; at < part.bytes; at += kPageBytes) static_cast<volatile std::byte*>(part.begin)[at] = {};
      static_cast<volatile std::byte*>(part.begin)[part.bytes - 1] = {};
    }
  }

 private:
  int threads_;
  std::span<const TouchedPart> parts_;
  std::atomic<int> begun_{0};
};

}  // namespace

void touch_first(Pool& pool, std::span<const TouchedPart> parts) {
  FirstTouch program(pool.threads(), parts);
  pool.run(program);
}

}  // namespace tacho
