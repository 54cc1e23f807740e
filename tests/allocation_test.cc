// A training step of a graph allocates nothing: counted by replacing operator new.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "nn/builtin.h"
#include "train/session.h"

namespace {
std::atomic<int64_t> allocations{0};
}

// Sanitizers bring an operator new of their own, which must not be mixed with another one.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCounting = false;
#else
constexpr bool kCounting = true;

// Not inlined: GCC 12 would see std::free behind new and take the two for a mismatch.
[[gnu::noinline]] void* operator new(size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(size_t bytes, std::align_val_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const size_t a = size_t(alignment);
  if (void* memory = std::aligned_alloc(a, (bytes + a - 1) / a * a)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(bytes);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
#endif

namespace tacho {
namespace {

class Allocation : public testing::TestWithParam<std::vector<std::pair<std::string, std::string>>> {};

TEST_P(Allocation, AGraphStepAllocatesNothing) {
  if (!kCounting)
    GTEST_SKIP() << "allocations are counted by replacing operator new, which the sanitizer has done already";
  for (const OptimizerKind kind : {OptimizerKind::momentum, OptimizerKind::adam, OptimizerKind::sgd}) {
    StepOptions options;
    options.network = builtin_network("simplenn-4", Shape{1, 12, 12});
    options.network.layers.insert(options.network.layers.begin() + 1, LayerSpec{"batch_norm2d", "bn1", {}, {}});
    options.batch = 16;
    options.optimizer.kind = kind;
    Switches switches;
    for (const auto& [name, value] : GetParam()) set_switch(switches, name, value);
    options.way = resolve(switches);
    Pool pool(2);
    VariableStore variables = initial_variables(options, 0);
    Session session(options, pool, variables);
    const Tensor x = Tensor::zeros({DType::float32, {16, 1, 12, 12}}), y = Tensor::zeros({DType::int64, {16}});
    session.run(x.view(), y.view(), 0.01, 1);  // libraries may set up their own memory on first use
    Ledger ledger;
    pool.begin(ledger);
    const int64_t before = allocations.load();
    for (int64_t step = 2; step < 5; ++step) {
      session.run(x.view(), y.view(), 0.01, step);
      pool.end_step();
    }
    EXPECT_EQ(allocations.load() - before, 0);
    pool.finish();
  }
}

// oneDNN makes a table of its operands at each call, by its own design; our side of such a step is what the ways
// without it show: the planner, the pool, the executor and every kernel of our own.
using Ways = std::vector<std::pair<std::string, std::string>>;
const std::pair<std::string, std::string> kOwn{"backend", "blas,gather,reference"};
INSTANTIATE_TEST_SUITE_P(Ways, Allocation,
                         testing::Values(Ways{kOwn}, Ways{kOwn, {"schedule", "sequential"}},
                                         Ways{kOwn, {"convolution", "gather"}},
                                         Ways{{"convolution", "direct"}, {"backend", "reference"}},
                                         Ways{{"backend", "stub,reference"}}));

}  // namespace
}  // namespace tacho
