#pragma once
// One product of two matrices, C = A B or C += A B, on one thread: packed and blocked by the sizes of the caches.
#include <cstddef>

#include "backends/simd/element_steps.h"
#include "backends/simd/tile.h"
#include "device/cpu.h"

namespace tacho::simd {

/// Extents of the parts that are worked on at a time. With 32 registers a panel of A (a few rows x k) is met again in
/// L1 and a block of B (k x n) in L2, and A (m x k) stays packed for all blocks of B; with 16 registers a panel of B (k
/// x two vectors) stays in L1, a block of A (m x k) in L2 and a block of B in L3.
struct GemmBlocks {
  int64_t n = 0, k = 0;
  int64_t m = 0;
};

/// C (m x n) = A (m x k) B (k x n), all rows `stride` elements apart, A and B transposed as they say. Nothing overlaps.
template <class T>
struct MatrixProduct {
  int64_t m = 0, n = 0, k = 0;
  const T* a = nullptr;
  int64_t a_stride = 0;
  bool a_transposed = false;  ///< element (i, p) is a[p * a_stride + i]
  const T* b = nullptr;       ///< not read where packed_b is given
  int64_t b_stride = 0;
  bool b_transposed = false;    ///< element (p, j) is b[j * b_stride + p]
  const T* packed_b = nullptr;  ///< B as Gemm::pack_b made it; null: none
  /// Without a function: none. Else what the factor is made by while it is packed, a step whose other operand lies as
  /// the factor does and is its second. Not of a B that was packed before, nor of products in bfloat16.
  ElementStep<T> a_gate = {}, b_gate = {};
  T* c = nullptr;
  int64_t c_stride = 0;
  TileEnd<T> end;  ///< its biases and relu apply to the whole sum
  /// What follows the whole sum, biases and relu; other operands lie as C does.
  std::span<const ElementStep<T>> then = {};
};

/// How often each element of a factor is packed: so often a gate makes it.
struct Packings {
  int64_t a = 0, b = 0;
};

/// The functions of one target. Sums run over k in an order that depends on k, the machine's caches and whether n is a
/// few, not on m or what is packed: the same product cut into slices of rows gives the same bits.
template <class T>
struct Gemm {
  int64_t lanes = 0;  ///< of one vector; C is computed in whole vectors of columns
  GemmBlocks (*blocks)(const CpuInfo&) = nullptr;
  /// What `multiply` needs for products up to these extents, 64-byte aligned.
  size_t (*workspace_bytes)(const GemmBlocks&, int64_t n, int64_t k) = nullptr;
  void (*multiply)(const GemmBlocks&, const MatrixProduct<T>&, void* workspace) = nullptr;
  size_t (*packed_b_bytes)(int64_t n, int64_t k) = nullptr;
  /// All of B (k x n, or n x k where `transposed`, rows `stride` apart) into panels for MatrixProduct::packed_b.
  void (*pack_b)(const GemmBlocks&, const T* b, int64_t stride, bool transposed, int64_t n, int64_t k,
                 T* packed) = nullptr;
  /// Of the factors that have a gate. Null: this one takes none.
  Packings (*packings)(const GemmBlocks&, const MatrixProduct<T>&) = nullptr;
  /// Whether a product of an A that is not transposed computes whole vectors of k instead of whole vectors of columns.
  /// Null: never.
  bool (*along_k)(int64_t n, int64_t k) = nullptr;
};

/// For the target in use; remains valid.
template <class T>
const Gemm<T>& gemm();

/// The same with factors rounded to bfloat16 (to nearest, ties to even; denormal ones to zero) while they are packed,
/// their products summed in float32. Null where the machine or the target in use has no instructions for it.
const Gemm<float>* bfloat16_gemm();

}  // namespace tacho::simd
