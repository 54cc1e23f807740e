#include "pool/pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <stdexcept>

#include "base/error.h"

namespace tacho {
namespace {

/// `stages` stages of `tasks` tasks; node = stage; each task spins a little and counts itself.
class Counter : public Program {
 public:
  Counter(int stages, int tasks) : stages_(stages), tasks_(tasks), done(size_t(stages)) {}
  int stages() const override { return stages_; }
  int tasks(int stage) const override { return stage == empty_stage ? 0 : tasks_; }
  void run(int stage, int task, Worker& worker) override {
    for (int s = 0; s < stage; ++s)
      if (s != empty_stage && done[size_t(s)].load() != tasks_) out_of_order = true;
    worker.kernel(stage, [&] {
      const int64_t end = now_ns() + 2000;
      while (now_ns() < end) {
      }
      if (stage == throw_stage && task == 0) throw std::runtime_error("planted");
    });
    ++done[size_t(stage)];
  }
  int empty_stage = -1, throw_stage = -1;
  std::atomic<bool> out_of_order{false};

 private:
  int stages_, tasks_;

 public:
  std::vector<std::atomic<int>> done;
};

std::map<Account, int64_t> sums(const Ledger& ledger, int thread = -1) {
  std::map<Account, int64_t> result;
  for (const LedgerEntry& e : ledger.entries())
    if (thread < 0 || e.thread == thread) result[e.account] += e.ns;
  return result;
}

int64_t total(const Ledger& ledger) {
  int64_t ns = 0;
  for (const LedgerEntry& e : ledger.entries()) ns += e.ns;
  return ns;
}

class PoolThreads : public testing::TestWithParam<int> {};

TEST_P(PoolThreads, RunsEveryTaskOnceInStageOrder) {
  Pool pool(GetParam());
  for (int round = 0; round < 50; ++round) {
    Counter counter(7, 5);
    counter.empty_stage = round % 8;  // 7: none
    pool.run(counter);
    for (int s = 0; s < 7; ++s) EXPECT_EQ(counter.done[size_t(s)].load(), s == counter.empty_stage ? 0 : 5);
    EXPECT_FALSE(counter.out_of_order);
  }
}

TEST_P(PoolThreads, LedgerClosesToTheNanosecond) {
  Pool pool(GetParam());
  Ledger ledger;
  pool.begin(ledger);
  for (int step = 0; step < 20; ++step) {
    Counter counter(4, 3);
    pool.run(counter);
    pool.wait_for_input([] {});
    pool.end_step();
  }
  pool.finish();
  EXPECT_EQ(ledger.steps(), 20);
  EXPECT_EQ(total(ledger), GetParam() * ledger.wall_ns());
  int64_t steps = 0;
  for (int64_t step = 0; step < 20; ++step)
    for (const LedgerEntry& e : ledger.entries_of_step(step)) steps += e.ns;
  EXPECT_EQ(steps, GetParam() * (ledger.step_ends().back() - ledger.begin_ns()));
  int64_t kernels = 0;
  for (const auto& step : ledger.kernel_ns_by_step(4))
    for (int64_t ns : step) kernels += ns;
  EXPECT_EQ(kernels, sums(ledger)[Account::kernel]);
  EXPECT_GE(kernels, 20 * 4 * 3 * 2000);
}

TEST_P(PoolThreads, LedgerClosesWhenAKernelThrows) {
  Pool pool(GetParam());
  Ledger ledger;
  pool.begin(ledger);
  Counter counter(4, 3);
  counter.throw_stage = 1;
  EXPECT_THROW(pool.run(counter), std::runtime_error);
  EXPECT_EQ(counter.done[2].load(), 0) << "stages behind a failure are skipped";
  Counter after(2, 2);
  pool.run(after);  // the pool lives on
  EXPECT_EQ(after.done[1].load(), 2);
  pool.end_step();
  pool.finish();
  EXPECT_EQ(total(ledger), GetParam() * ledger.wall_ns());
}

INSTANTIATE_TEST_SUITE_P(Threads, PoolThreads, testing::Values(1, 2, 3, 4));

TEST(PoolTest, RefusesAnAbsurdNumberOfThreads) {
  EXPECT_THROW(Pool(0), Error);
  EXPECT_THROW(Pool(1 << 20), Error);
}

TEST(PoolTest, ThreadsThatTheSystemDoesNotStartAreAnError) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer needs the address space that is limited here";
#endif
  const auto ask_for_many = [] {
    const rlimit limit{size_t(1) << 28, size_t(1) << 28};  // a quarter of a gigabyte: too little for 512 stacks
    if (::setrlimit(RLIMIT_AS, &limit) != 0) _exit(1);
    try {
      const Pool pool(512);
    } catch (const Error& error) {
      std::fprintf(stderr, "%s\n", error.what());
      _exit(2);
    }
    _exit(0);
  };
  EXPECT_EXIT(ask_for_many(), testing::ExitedWithCode(2), "--threads 512: the system started");
}

/// Two stages of two tasks that wait for each other, so that both threads take part however busy the machine is.
class Rendezvous : public Program {
 public:
  int stages() const override { return 2; }
  int tasks(int) const override { return 2; }
  void run(int stage, int, Worker& worker) override {
    worker.kernel(stage, [&] {
      ++arrived_[stage];
      while (arrived_[stage].load() < 2) std::this_thread::yield();
    });
  }

 private:
  std::atomic<int> arrived_[2] = {0, 0};
};

/// Runs some steps with `plant` on two threads and returns the sums per step of `thread`.
std::map<Account, int64_t> planted(const Plant& plant, int thread) {
  constexpr int kSteps = 5;
  Pool pool(2);
  pool.plant(plant);
  Ledger ledger;
  pool.begin(ledger);
  for (int step = 0; step < kSteps; ++step) {
    Rendezvous program;
    pool.wait_for_input([] {});
    pool.run(program);
    pool.end_step();
  }
  pool.finish();
  auto result = sums(ledger, thread);
  for (auto& [account, ns] : result) ns /= kSteps;
  return result;
}

TEST(PoolLedger, PlantedDelaysComeBackInTheirAccount) {
  Plant input{Plant::at_input};
  EXPECT_GE(planted(input, 0)[Account::input], 1'000'000);
  Plant barrier{Plant::at_barrier};
  for (int thread : {0, 1}) EXPECT_GE(planted(barrier, thread)[Account::sync], 1'000'000) << "thread " << thread;
  Plant on_one{Plant::in_thread};
  on_one.thread = 1;
  EXPECT_GE(planted(on_one, 1)[Account::kernel], 1'000'000);
}

TEST(PoolLedger, WaitingBeginsWhereTheLastKernelEnded) {
  for (int threads : {1, 2}) {
    Pool pool(threads);
    Ledger ledger;
    pool.begin(ledger);
    for (int step = 0; step < 5; ++step) {
      Counter counter(4, 3);
      pool.run(counter);
      pool.end_step();
    }
    pool.finish();
    int waits = 0;
    for (int t = 0; t < threads; ++t) {
      const auto& changes = ledger.record(t).transitions();
      for (size_t i = 2; i < changes.size(); ++i) {
        if (changes[i].account != Account::sync || changes[i - 2].account != Account::kernel) continue;
        EXPECT_NE(changes[i - 1].account, Account::dispatch) << "a timestamp for nothing, change " << i;
      }
      for (size_t i = 1; i < changes.size(); ++i)
        waits += changes[i].account == Account::sync && changes[i - 1].account == Account::kernel;
    }
    EXPECT_GE(waits, 20) << "each stage's last kernel";
    EXPECT_EQ(total(ledger), threads * ledger.wall_ns());
  }
}

TEST(LedgerTest, TimesThatRunBackwardsAreAnError) {
  Ledger ledger;
  ledger.begin(1, 1000);
  ledger.record(0).change(1500, Account::kernel, 0);
  ledger.record(0).change(1400, Account::dispatch);
  ledger.close(2000);
  EXPECT_THROW(ledger.entries(), Error);
}

TEST(LedgerTest, AChangeAfterTheEndIsAnError) {
  Ledger ledger;
  ledger.begin(1, 1000);
  ledger.record(0).change(2500, Account::kernel, 0);
  ledger.close(2000);
  EXPECT_THROW(ledger.entries(), Error);
}

TEST(LedgerTest, GrowingTheRecordIsStampedAsBookkeeping) {
  Ledger ledger;
  ledger.begin(1, now_ns());
  for (int i = 1; i <= 100'000; ++i)
    ledger.record(0).change(now_ns(), i % 2 ? Account::kernel : Account::dispatch, i % 2 ? 0 : -1);
  ledger.close(now_ns());
  EXPECT_EQ(total(ledger), ledger.wall_ns());
  EXPECT_GT(sums(ledger)[Account::profiler], 0);
}

}  // namespace
}  // namespace tacho
