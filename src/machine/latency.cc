#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "machine/loops.h"
#include "trace/ledger.h"

namespace tacho::machine {
namespace {

/// Stages with nothing to do, one task a thread.
class Empty final : public Program {
 public:
  Empty(int stages, int threads) : stages_(stages), threads_(threads) {}
  int stages() const override { return stages_; }
  int tasks(int) const override { return threads_; }
  void run(int, int, Worker&) override {}

 private:
  int stages_, threads_;
};

double nanoseconds_of_run(Pool& pool, int stages) {
  Empty program(stages, pool.threads());
  std::vector<double> samples;
  for (int i = 0; i < 200; ++i) {
    const int64_t begin = now_ns();
    pool.run(program);
    samples.push_back(double(now_ns() - begin));
  }
  return median_and_spread(std::move(samples)).per_s;
}

/// The system gives pages when they are first written.
double first_touch_ns_per_page() {
  constexpr size_t kBytes = size_t{32} << 20;
  const size_t page = size_t(::sysconf(_SC_PAGESIZE));
  std::vector<double> samples;
  for (int i = 0; i < 5; ++i) {
    void* memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("no memory for ", kBytes, " bytes to measure its first touch");
    ::madvise(memory, kBytes, MADV_NOHUGEPAGE);
    volatile char* bytes = static_cast<char*>(memory);
    const int64_t begin = now_ns();
    for (size_t at = 0; at < kBytes; at += page) bytes[at] = 1;
    samples.push_back(double(now_ns() - begin) / double(kBytes / page) * (4096.0 / double(page)));
    ::munmap(memory, kBytes);
  }
  return median_and_spread(std::move(samples)).per_s;
}

}  // namespace

Latencies measure_latencies(Pool& pool) {
  constexpr int kStages = 65;
  Latencies latency;
  latency.dispatch_ns = nanoseconds_of_run(pool, 1);
  latency.barrier_ns = std::max(0.0, (nanoseconds_of_run(pool, kStages) - latency.dispatch_ns) / (kStages - 1));
  latency.timestamp_ns = timestamp_cost_ns();
  latency.first_touch_ns_per_page = first_touch_ns_per_page();
  return latency;
}

}  // namespace tacho::machine
