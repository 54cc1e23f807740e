#include <algorithm>
#include <atomic>

#include "base/clock.h"
#include "machine/loops.h"
#include "machine/rate_now.h"

namespace tacho {
namespace {

constexpr size_t kLine = 64;                  // bytes that move at once
constexpr size_t kBytes = size_t{128} << 10;  // half of a small second-level cache
constexpr size_t kWords = kBytes / sizeof(int64_t);

/// Every thread writes a buffer; then every thread reads its neighbour's, and times that.
class Exchange final : public Program {
 public:
  explicit Exchange(int threads)
      : threads_(threads), buffers_(size_t(threads), std::vector<int64_t>(kWords)), ns_(size_t(threads)) {}
  int stages() const override { return 2; }
  int tasks(int) const override { return threads_; }
  void run(int stage, int, Worker& worker) override {
    arrived_[stage].fetch_add(1);
    while (arrived_[stage].load() < threads_) {  // each thread takes one task
    }
    const size_t thread = size_t(worker.thread());
    if (stage == 0) {
      for (int64_t& word : buffers_[thread]) ++word;
      return;
    }
    const std::vector<int64_t>& data = buffers_[(thread + 1) % size_t(threads_)];
    const int64_t begin = now_ns();
    int64_t sum = 0;
    for (size_t i = 0; i < kWords; i += kLine / sizeof(int64_t)) sum += data[i];
    sum_.fetch_add(sum);  // so that the reads are needed
    ns_[thread] = now_ns() - begin;
  }
  int64_t longest_ns() const { return *std::max_element(ns_.begin(), ns_.end()); }
  void again() { arrived_[0].store(0), arrived_[1].store(0); }

 private:
  int threads_;
  std::vector<std::vector<int64_t>> buffers_;
  std::vector<int64_t> ns_;
  std::atomic<int> arrived_[2] = {};
  std::atomic<int64_t> sum_{0};
};

}  // namespace

double exchange_rate_now(int threads) {
  constexpr int kRepetitions = 41;
  if (threads < 2) return 0;
  Pool pool(threads);
  Exchange program(threads);
  std::vector<double> rates;
  for (int r = 0; r < kRepetitions; ++r) {
    program.again();
    pool.run(program);
    rates.push_back(double(kBytes) * 1e9 / double(std::max<int64_t>(program.longest_ns(), 1)));
  }
  return machine::median_and_spread(std::move(rates)).per_s;
}

}  // namespace tacho
