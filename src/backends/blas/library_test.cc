#include "backends/blas/library.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "device/cpu.h"
#include "tests/support/run_program.h"

namespace tacho::blas {
namespace {

/// The scheduler owns the parallelism: a product large enough for OpenBLAS to split must not start a thread.
TEST(BlasLibrary, StartsNoThreads) {
  const size_t before = threads_of_this_process();  // before the library is loaded, which might start some too
  if (const char* reason = unavailable()) GTEST_SKIP() << reason;
  const int n = 512;
  const std::vector<float> a(n * n, 1.0f), b(n * n, 2.0f);
  std::vector<float> c(n * n);
  library()->sgemm(kRowMajor, kNoTranspose, kNoTranspose, n, n, n, 1, a.data(), n, b.data(), n, 0, c.data(), n);
  EXPECT_EQ(c[0], 2.0f * n);
  EXPECT_EQ(c.back(), 2.0f * n);
  EXPECT_EQ(threads_of_this_process(), before);
  EXPECT_STREQ(::getenv("OPENBLAS_NUM_THREADS"), "1") << "OpenBLAS was not told before it was loaded";
}

TEST(BlasLibrary, SaysWhichKernelsRun) {
  if (const char* reason = unavailable()) GTEST_SKIP() << reason;
  const std::string description = blas_description();
  EXPECT_EQ(description.rfind("OpenBLAS", 0), 0u) << description;
  EXPECT_NE(description.find(" kernels"), std::string::npos) << description;
  if (const char* core = ::getenv("OPENBLAS_CORETYPE"))
    EXPECT_NE(description.find(core), std::string::npos) << description;
  else EXPECT_FALSE(this_cpu().has("avx512f") && this_cpu().has("avx512vl")) << "left to Haswell kernels";
}

}  // namespace
}  // namespace tacho::blas
