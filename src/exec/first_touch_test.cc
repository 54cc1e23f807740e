#include "exec/first_touch.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <map>

#include "exec/graph_executor.h"
#include "nn/builtin.h"
#include "train/session.h"

namespace tacho {
namespace {

/// The page faults of each thread so far.
class FaultsOfThreads final : public Program {
 public:
  explicit FaultsOfThreads(Pool& pool) : faults(size_t(pool.threads())) { pool.run(*this); }
  int stages() const override { return 1; }
  int tasks(int) const override { return int(faults.size()); }
  void run(int, int, Worker& worker) override {
    ++begun_;
    while (begun_.load() < int(faults.size())) std::this_thread::yield();
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    faults[size_t(worker.thread())] = usage.ru_minflt;
  }
  std::vector<int64_t> faults;

 private:
  std::atomic<int> begun_{0};
};

TEST(FirstTouchThreads, EachPageIsWrittenByItsOwnThread) {
  constexpr int kThreads = 3;
  constexpr size_t kPages = 300;
  Pool pool(kThreads);
  // Thread 2 gets twice as much as thread 1, thread 0 nothing.
  const size_t bytes = 3 * kPages * kPageBytes;
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  ::madvise(memory, bytes, MADV_NOHUGEPAGE);
  std::byte* const begin = static_cast<std::byte*>(memory);
  const TouchedPart parts[] = {{begin, kPages * kPageBytes, 1},
                               {begin + kPages * kPageBytes, 2 * kPages * kPageBytes, 2}};
  const FaultsOfThreads warm(pool), before(pool);
  touch_first(pool, parts);
  const FaultsOfThreads after(pool);
  std::vector<unsigned char> resident(3 * kPages);
  ASSERT_EQ(::mincore(memory, bytes, resident.data()), 0);
  for (unsigned char page : resident) ASSERT_TRUE(page & 1);
  EXPECT_LT(after.faults[0] - before.faults[0], int64_t(kPages) / 2);
  EXPECT_GE(after.faults[1] - before.faults[1], int64_t(kPages));
#ifndef __SANITIZE_THREAD__  // its shadow memory is first written then, too
  EXPECT_LT(after.faults[1] - before.faults[1], int64_t(kPages) * 3 / 2);
#endif
  EXPECT_GE(after.faults[2] - before.faults[2], int64_t(2 * kPages));
  ::munmap(memory, bytes);
}

TEST(FirstTouchOfAPlan, EveryThreadItsOwnArenaAndTheLanesTheirParts) {
  StepOptions options;
  options.network = builtin_network("simplenn-4");
  options.batch = 32;
  Switches switches;
  set_switch(switches, "lanes", "4");
  set_switch(switches, "tune", "order");
  options.way = resolve(switches);
  const std::unique_ptr<Plan> plan = plan_of(options);
  for (const int threads : {1, 2, 4}) {
    const PlanRunner runner(*plan, threads);
    std::map<std::byte*, TouchedPart> parts;  // by address
    std::map<int, int64_t> bytes;             // by thread
    for (const TouchedPart& part : runner.first_touches()) {
      EXPECT_TRUE(parts.emplace(part.begin, part).second);
      bytes[part.thread] += int64_t(part.bytes);
    }
    EXPECT_EQ(int(bytes.size()), threads);
    const std::byte* end = nullptr;
    int64_t all = 0;
    for (const auto& [begin, part] : parts) {
      EXPECT_GE(begin, end) << "parts overlap";
      end = begin + part.bytes;
      all += int64_t(part.bytes);
    }
    EXPECT_EQ(all, plan->planned_bytes(threads));
    for (int t = 0; t < threads; ++t)
      EXPECT_GE(bytes[t], plan->local_bytes + plan->workspace_bytes + plan->shared_bytes / threads / 3) << t;
  }
}

}  // namespace
}  // namespace tacho
