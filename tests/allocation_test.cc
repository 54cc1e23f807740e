// A step allocates nothing: counted by standing in the C library's allocating functions' and operator new's place, so
// that libraries' allocations are seen too, and told apart by who called.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>

#include "nn/builtin.h"
#include "train/session.h"

// Sanitizers bring an allocator of their own, which must not be mixed with another one.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
constexpr bool kCounting = false;
namespace {
struct Allocations {
  int64_t own = 0, library = 0;
  std::string callers;
};
void begin_counting() {}
Allocations end_counting() { return {}; }
}  // namespace
#else
constexpr bool kCounting = true;

extern "C" {
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
void* __libc_realloc(void* memory, size_t bytes);
void* __libc_memalign(size_t alignment, size_t bytes);
}

namespace {
std::atomic<bool> counting{false};
std::atomic<size_t> allocations{0};
std::array<std::atomic<void*>, 4096> callers;  // of the first ones

void note(void* caller) {
  if (!counting.load(std::memory_order_relaxed)) return;
  const size_t i = allocations.fetch_add(1, std::memory_order_relaxed);
  if (i < callers.size()) callers[i].store(caller, std::memory_order_relaxed);
}

/// What was allocated between begin_counting() and end_counting() by all threads. `library`: by oneDNN itself, which
/// makes a table of its operands at each call, by its own design, by its OpenMP, when a thread calls it first, and by
/// OpenBLAS, whose AVX-512 kernels for small matrices take memory for a panel at each call.
struct Allocations {
  int64_t own = 0, library = 0;
  std::string callers;  ///< of those that are own
};
void begin_counting() {
  allocations = 0;
  counting = true;
}
Allocations end_counting() {
  counting = false;
  Allocations result;
  for (size_t i = 0; i < allocations.load(); ++i) {
    Dl_info info{};
    const bool known = i < callers.size() && ::dladdr(callers[i].load(), &info) && info.dli_fname;
    const std::string_view file = known ? info.dli_fname : "";
    if (file.find("libdnnl") != file.npos || file.find("libgomp") != file.npos ||
        file.find("libopenblas") != file.npos) {
      ++result.library;
      continue;
    }
    ++result.own;
    if (!known || result.own > 8) continue;
    const auto offset = static_cast<char*>(callers[i].load()) - static_cast<char*>(info.dli_fbase);
    result.callers += tacho::text_of(info.dli_fname, " at ", offset, "\n");
  }
  return result;
}
}  // namespace

// Not inlined: the caller is the return address, and GCC 12 would see std::free behind new and take the two for a
// mismatch.
#define TACHO_CALLER __builtin_return_address(0)
extern "C" {
[[gnu::noinline]] void* malloc(size_t bytes) noexcept { return note(TACHO_CALLER), __libc_malloc(bytes); }
[[gnu::noinline]] void* calloc(size_t n, size_t bytes) noexcept { return note(TACHO_CALLER), __libc_calloc(n, bytes); }
[[gnu::noinline]] void* realloc(void* p, size_t bytes) noexcept { return note(TACHO_CALLER), __libc_realloc(p, bytes); }
[[gnu::noinline]] void* memalign(size_t a, size_t bytes) noexcept {
  return note(TACHO_CALLER), __libc_memalign(a, bytes);
}
[[gnu::noinline]] void* aligned_alloc(size_t a, size_t bytes) noexcept {
  return note(TACHO_CALLER), __libc_memalign(a, bytes);
}
[[gnu::noinline]] int posix_memalign(void** memory, size_t alignment, size_t bytes) noexcept {
  note(TACHO_CALLER);
  *memory = __libc_memalign(alignment, bytes);
  return *memory ? 0 : ENOMEM;
}
}
[[gnu::noinline]] void* operator new(size_t bytes) {
  note(TACHO_CALLER);
  if (void* memory = __libc_malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(size_t bytes, std::align_val_t alignment) {
  note(TACHO_CALLER);
  if (void* memory = __libc_memalign(size_t(alignment), bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  note(TACHO_CALLER);
  return __libc_malloc(bytes);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
#undef TACHO_CALLER
#endif

namespace tacho {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

struct AllocationCase {
  std::string name;
  Settings settings;
  StepKind kind = StepKind::train;
  int64_t batch = 16;
  std::string network = "simplenn-4";
  bool only_own = true;  ///< no library that allocates by itself is among the backends
};

void PrintTo(const AllocationCase& c, std::ostream* out) { *out << c.name; }

class Allocation : public testing::TestWithParam<std::tuple<AllocationCase, int>> {
 protected:
  Allocations of_steps(const StepOptions& options) {
    const Shape& image = options.network.input;
    Shape shape{options.batch};
    for (int64_t extent : image) shape.push_back(extent);
    Pool pool(std::get<1>(GetParam()));
    VariableStore variables = initial_variables(options, 0);
    Session session(options, pool, variables);
    const Tensor x = Tensor::zeros({DType::float32, shape}), y = Tensor::zeros({DType::int64, {options.batch}});
    session.run(x.view(), y.view(), 0.01, 1);  // libraries may set up their own memory on first use
    Ledger ledger;
    pool.begin(ledger);
    begin_counting();
    for (int64_t step = 2; step < 5; ++step) {
      session.run(x.view(), y.view(), 0.01, step);
      pool.end_step();
    }
    const Allocations counted = end_counting();
    pool.finish();
    return counted;
  }
};

TEST_P(Allocation, AStepAllocatesNothing) {
  if (!kCounting) GTEST_SKIP() << "the sanitizer, or this C library, has an allocator of its own";
  const AllocationCase& c = std::get<0>(GetParam());
  StepOptions options;
  options.network =
      builtin_network(c.network, c.network == "simplenn-4" ? std::optional(Shape{1, 12, 12}) : std::nullopt);
  if (c.network == "simplenn-4")
    options.network.layers.insert(options.network.layers.begin() + 1, LayerSpec{"batch_norm2d", "bn1", {}, {}});
  options.batch = c.batch;
  options.kind = c.kind;
  Switches switches;
  for (const auto& [name, value] : c.settings) {
    if (value == "bfloat16") {
      try {
        set_switch(switches, name, value);
      } catch (const Error& error) {
        GTEST_SKIP() << error.what();
      }
    } else set_switch(switches, name, value);
  }
  options.way = resolve(switches);
  std::vector<OptimizerKind> kinds{OptimizerKind::momentum};
  if (c.kind == StepKind::train) kinds = {OptimizerKind::momentum, OptimizerKind::adam, OptimizerKind::sgd};
  for (const OptimizerKind kind : kinds) {
    options.optimizer.kind = kind;
    const Allocations counted = of_steps(options);
    EXPECT_EQ(counted.own, 0) << counted.callers;
    if (c.only_own) {
      EXPECT_EQ(counted.library, 0);
    }
    RecordProperty("library_allocations", int(counted.library));
  }
}

TEST(AllocationCount, SeesTheCLibrarysFunctionsAndOperatorNew) {
  if (!kCounting) GTEST_SKIP() << "the sanitizer, or this C library, has an allocator of its own";
  begin_counting();
  void* aligned = nullptr;
  ASSERT_EQ(::posix_memalign(&aligned, 64, 64), 0);
  void* const memory[] = {std::malloc(1), std::calloc(1, 1), std::realloc(nullptr, 1), std::aligned_alloc(64, 64),
                          aligned};
  delete new int;
  EXPECT_EQ(end_counting().own, 6);
  for (void* p : memory) std::free(p);
}

const std::pair<std::string, std::string> kBlas{"backend", "blas,gather,reference"}, kSimd{"backend", "simd,reference"},
    kTuned{"tune", "on"};
INSTANTIATE_TEST_SUITE_P(
    Ways, Allocation,
    testing::Combine(
        testing::Values(
            // What a user gets who says nothing: every backend, by measurement.
            AllocationCase{"default", {}, StepKind::train, 16, "simplenn-4", false},
            AllocationCase{"default_one", {}, StepKind::train, 1, "simplenn-4", false},
            AllocationCase{"default_inference", {}, StepKind::inference, 16, "simplenn-4", false},
            AllocationCase{"default_inference_one", {}, StepKind::inference, 1, "simplenn-4", false},
            AllocationCase{"default_operators", {{"schedule", "operators"}}, StepKind::train, 16, "simplenn-4", false},
            AllocationCase{"default_bfloat16", {{"dtype", "bfloat16"}}, StepKind::train, 16, "simplenn-4", false},
            AllocationCase{"default_lenet5", {}, StepKind::train, 16, "lenet5", false},
            // Nothing but this program's own kernels.
            AllocationCase{"simd", {kSimd, kTuned}}, AllocationCase{"simd_one", {kSimd, kTuned}, StepKind::train, 1},
            AllocationCase{"simd_operators", {kSimd, kTuned, {"schedule", "operators"}}},
            AllocationCase{"simd_sequential", {kSimd, {"schedule", "sequential"}}},
            AllocationCase{"simd_inference", {kSimd, kTuned}, StepKind::inference},
            AllocationCase{"simd_inference_one", {kSimd, kTuned}, StepKind::inference, 1},
            AllocationCase{"simd_bfloat16", {kSimd, kTuned, {"dtype", "bfloat16"}}},
            AllocationCase{"simd_lenet5", {kSimd}, StepKind::train, 16, "lenet5"},
            AllocationCase{"simd_resnet18", {kSimd}, StepKind::train, 4, "resnet18"},
            AllocationCase{"simd_resnet18_one", {kSimd}, StepKind::inference, 1, "resnet18"},
            AllocationCase{"simd_mobilenet", {kSimd}, StepKind::train, 2, "mobilenet-v2"},
            AllocationCase{"blas", {kBlas}, StepKind::train, 16, "simplenn-4", false},
            AllocationCase{
                "blas_sequential", {kBlas, {"schedule", "sequential"}}, StepKind::train, 16, "simplenn-4", false},
            AllocationCase{"gather", {kBlas, {"convolution", "gather"}}, StepKind::train, 16, "simplenn-4", false},
            AllocationCase{"reference", {{"convolution", "direct"}, {"backend", "reference"}}},
            AllocationCase{"stub", {{"backend", "stub,reference"}}}),
        testing::Values(1, 2)),
    [](const auto& info) { return std::get<0>(info.param).name + "_on_" + std::to_string(std::get<1>(info.param)); });

}  // namespace
}  // namespace tacho
