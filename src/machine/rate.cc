#include <algorithm>
#include <atomic>
#include <cmath>

#include "base/clock.h"
#include "machine/loops.h"

namespace tacho::machine {
namespace {

/// One task a thread: each waits until all have arrived, so that they run side by side, and times itself.
class SideBySide final : public Program {
 public:
  SideBySide(int threads, const std::function<void(int)>& part)
      : threads_(threads), part_(part), ns_(size_t(threads)) {}
  int stages() const override { return 1; }
  int tasks(int) const override { return threads_; }
  void run(int, int task, Worker&) override {
    arrived_.fetch_add(1);
    while (arrived_.load() < threads_) {  // all start together
    }
    const int64_t begin = now_ns();
    part_(task);
    ns_[size_t(task)] = now_ns() - begin;
  }
  int64_t longest_ns() const { return *std::max_element(ns_.begin(), ns_.end()); }
  void again() { arrived_.store(0); }

 private:
  int threads_;
  const std::function<void(int)>& part_;
  std::vector<int64_t> ns_;
  std::atomic<int> arrived_{0};
};

}  // namespace

Rate median_and_spread(std::vector<double> samples) {
  if (samples.empty()) return {};
  std::sort(samples.begin(), samples.end());
  const auto at = [&](double q) { return samples[size_t(std::lround(q * double(samples.size() - 1)))]; };
  const double middle = at(0.5);
  return {middle, middle > 0 ? (at(0.95) - at(0.05)) / middle : 0};
}

Rate measure_rate(Pool& pool, int repetitions, double work_per_thread, const std::function<void(int)>& part) {
  SideBySide program(pool.threads(), part);
  std::vector<double> rates;
  for (int r = -1; r < repetitions; ++r) {
    program.again();
    pool.run(program);
    if (r >= 0)
      rates.push_back(work_per_thread * pool.threads() * 1e9 / double(std::max<int64_t>(program.longest_ns(), 1)));
  }
  return median_and_spread(std::move(rates));
}

}  // namespace tacho::machine
