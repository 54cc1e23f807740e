// What the pool does beside others who want the same cores, and when nobody wants anything of it.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "pool/pool.h"

namespace tacho {
namespace {

/// Time of this thread on a core, whoever has it in between.
int64_t thread_cpu_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

int64_t process_cpu_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

/// A step like a small network's: stages with a barrier behind each, a task a thread, so much work in each task.
class SmallStep final : public Program {
 public:
  SmallStep(int stages, int threads, int64_t task_ns) : stages_(stages), threads_(threads), task_ns_(task_ns) {}
  int stages() const override { return stages_; }
  int tasks(int) const override { return threads_; }
  void run(int stage, int, Worker& worker) override {
    worker.kernel(stage, [&] {
      const int64_t end = thread_cpu_ns() + task_ns_;
      while (thread_cpu_ns() < end) {
      }
    });
  }

 private:
  int stages_, threads_;
  int64_t task_ns_;
};

int64_t median_step_ns(Pool& pool, SmallStep& step, int steps) {
  std::vector<int64_t> times;
  for (int i = 0; i < steps; ++i) {
    const int64_t begin = now_ns();
    pool.run(step);
    times.push_back(now_ns() - begin);
  }
  std::nth_element(times.begin(), times.begin() + steps / 2, times.end());
  return times[size_t(steps / 2)];
}

/// Others that keep a core each busy as long as this lives.
class Others {
 public:
  Others(const std::vector<int>& cores) {
    for (int core : cores)
      threads_.emplace_back([this, core] {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(core, &set);
        ::sched_setaffinity(0, sizeof set, &set);
        while (!over_.load(std::memory_order_relaxed)) {
        }
      });
  }
  ~Others() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> over_{false};
  std::vector<std::thread> threads_;
};

std::vector<int> cores_of_this_process() {
  cpu_set_t set;
  std::vector<int> cores;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (int c = 0; c < CPU_SETSIZE; ++c)
    if (CPU_ISSET(c, &set)) cores.push_back(c);
  return cores;
}

/// One busy core of those that a step uses takes half of one thread's time: twice as long is fair. Threads that went on
/// spinning at barriers would take the time that the late one needs.
TEST(BusyMachineSlow, AStepBesideABusyCoreTakesNoMoreThanThreeTimesAsLong) {
  const std::vector<int> cores = cores_of_this_process();
  if (cores.size() < 2) GTEST_SKIP() << "one core: there is nobody to wait for";
  const int threads = int(std::min<size_t>(cores.size(), 4));
  Pool pool(threads);
  SmallStep step(40, threads, 100'000);
  constexpr int kSteps = 60, kRounds = 5;
  std::vector<double> ratios;
  for (int round = 0; round < kRounds; ++round) {
    median_step_ns(pool, step, 5);
    const int64_t alone = median_step_ns(pool, step, kSteps);
    const Others others({cores[0]});
    const int64_t beside = median_step_ns(pool, step, kSteps);
    ratios.push_back(double(beside) / double(alone));
    std::printf("%d threads: %.2f ms, beside a busy core %.2f ms (%.2f times)\n", threads, double(alone) / 1e6,
                double(beside) / 1e6, ratios.back());
  }
  std::sort(ratios.begin(), ratios.end());
  EXPECT_LE(ratios[kRounds / 2], 3) << "the median of " << kRounds << " rounds";
}

/// More threads than cores: they cannot all run, and must not take one another's time by spinning.
TEST(BusyMachineSlow, MoreThreadsThanCoresCostNoMoreThanTheirShare) {
  const int cores = int(cores_of_this_process().size()), threads = 2 * std::min(cores, 8);
  Pool few(std::min(cores, 8)), many(threads);
  SmallStep of_few(40, few.threads(), 200'000), of_many(40, threads, 100'000);  // as much work in all
  std::vector<double> ratios;
  for (int round = 0; round < 5; ++round) {
    const double alone = double(median_step_ns(few, of_few, 30)), crowded = double(median_step_ns(many, of_many, 30));
    ratios.push_back(crowded / alone);
    std::printf("%d threads: %.2f ms, %d threads %.2f ms (%.2f times)\n", few.threads(), alone / 1e6, threads,
                crowded / 1e6, ratios.back());
  }
  std::sort(ratios.begin(), ratios.end());
  EXPECT_LE(ratios[2], 3);
}

/// Between steps threads spin for less than a millisecond, then sleep: an idle pool takes no processor time.
TEST(BusyMachineSlow, AnIdlePoolSleeps) {
  const int threads = int(std::clamp<size_t>(cores_of_this_process().size(), 2, 4));
  Pool pool(threads);
  SmallStep step(3, threads, 100'000);
  pool.run(step);
  const int64_t cpu = process_cpu_ns(), wall = now_ns();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const double idle_cpu = double(process_cpu_ns() - cpu), idle = double(now_ns() - wall);
  std::printf("%d threads idle for %.0f ms: %.3f ms of processor time\n", threads, idle / 1e6, idle_cpu / 1e6);
  EXPECT_LE(idle_cpu, 0.02 * idle);
}

}  // namespace
}  // namespace tacho
