#pragma once
// OpenBLAS, loaded at run time and pinned to one thread.
#include <string>

namespace tacho::blas {

/// CBLAS's enumerations for row-major storage and transposition.
constexpr int kRowMajor = 101, kNoTranspose = 111, kTranspose = 112;

/// The entry points that we use; C = alpha op(A) op(B) + beta C as CBLAS defines it.
struct Library {
  template <class T>
  using Gemm = void (*)(int order, int transpose_a, int transpose_b, int m, int n, int k, T alpha, const T* a, int lda,
                        const T* b, int ldb, T beta, T* c, int ldc);
  Gemm<float> sgemm = nullptr;
  Gemm<double> dgemm = nullptr;
  std::string description;  ///< "OpenBLAS 0.3.21, SkylakeX kernels"
};

/// The library, loaded by the first call of the process (thread-safe); null where it cannot be loaded. Sets
/// OPENBLAS_NUM_THREADS and, where that brings better kernels, OPENBLAS_CORETYPE before loading: OpenBLAS reads both
/// only then. What the user has set for the core type stays.
const Library* library();

/// Null where the library is there, else why not.
const char* unavailable();

/// Version and kernels for reports; says that nothing is loaded where nothing is.
const char* blas_description();

}  // namespace tacho::blas
