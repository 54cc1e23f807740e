// Multiply-adds in registers: as many independent sums as hide the latency of one.
#include "device/cpu.h"
#include "machine/loops.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace tacho::machine {
namespace {

constexpr int kSums = 12;  // two units of 4 cycles' latency need 8; 12 leave room for scheduling

// The sums stay in registers because the loops below are unrolled over a constant; what comes out is returned, so that
// nothing is removed. Factors below 1 keep every sum finite and away from denormals.
#define TACHO_COMPUTE_LOOP(NAME, TARGET, VECTOR, SCALAR, SET, FMA, STORE, LANES)                     \
  __attribute__((target(TARGET), noinline)) float NAME(int64_t rounds) {                             \
    VECTOR sums[kSums];                                                                              \
    const VECTOR factor = SET(SCALAR(0.999)), term = SET(SCALAR(0.001));                             \
    for (int i = 0; i < kSums; ++i) sums[i] = SET(SCALAR(1 + 0.01 * i));                             \
    for (int64_t r = 0; r < rounds; ++r) {                                                           \
      _Pragma("GCC unroll 12") for (int i = 0; i < kSums; ++i) sums[i] = FMA(sums[i], factor, term); \
    }                                                                                                \
    SCALAR last[LANES];                                                                              \
    float total = 0;                                                                                 \
    for (int i = 0; i < kSums; ++i) {                                                                \
      STORE(last, sums[i]);                                                                          \
      total += float(last[0]);                                                                       \
    }                                                                                                \
    return total;                                                                                    \
  }

#if defined(__x86_64__)
TACHO_COMPUTE_LOOP(avx512_f32, "avx512f", __m512, float, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_storeu_ps, 16)
TACHO_COMPUTE_LOOP(avx512_f64, "avx512f", __m512d, double, _mm512_set1_pd, _mm512_fmadd_pd, _mm512_storeu_pd, 8)
TACHO_COMPUTE_LOOP(avx2_f32, "avx2,fma", __m256, float, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_storeu_ps, 8)
TACHO_COMPUTE_LOOP(avx2_f64, "avx2,fma", __m256d, double, _mm256_set1_pd, _mm256_fmadd_pd, _mm256_storeu_pd, 4)

__attribute__((target("sse2"))) inline __m128 sse_f32(__m128 a, __m128 b, __m128 c) {
  return _mm_add_ps(_mm_mul_ps(a, b), c);
}
__attribute__((target("sse2"))) inline __m128d sse_f64(__m128d a, __m128d b, __m128d c) {
  return _mm_add_pd(_mm_mul_pd(a, b), c);
}
TACHO_COMPUTE_LOOP(baseline_f32, "sse2", __m128, float, _mm_set1_ps, sse_f32, _mm_storeu_ps, 4)
TACHO_COMPUTE_LOOP(baseline_f64, "sse2", __m128d, double, _mm_set1_pd, sse_f64, _mm_storeu_pd, 2)

/// Pairs of bfloat16 products added to float32 sums, of which more hide a longer latency (Zen 5: 6 cycles, 12 sums left
/// products of matrices at 102 % of what they reached).
constexpr int kPairSums = 24;
__attribute__((target("avx512f,avx512bf16"), noinline)) float avx512_bf16(int64_t rounds) {
  __m512 sums[kPairSums];
  const __m512 ones = _mm512_set1_ps(0.5f);
  const __m512bh pairs = _mm512_cvtne2ps_pbh(ones, ones);
  for (int i = 0; i < kPairSums; ++i) sums[i] = _mm512_set1_ps(float(i));
  for (int64_t r = 0; r < rounds; ++r) {
    _Pragma("GCC unroll 24") for (int i = 0; i < kPairSums; ++i) sums[i] = _mm512_dpbf16_ps(sums[i], pairs, pairs);
  }
  float last[16], total = 0;
  for (int i = 0; i < kPairSums; ++i) {
    _mm512_storeu_ps(last, sums[i]);
    total += last[0];
  }
  return total;
}
#elif defined(__aarch64__)
inline float32x4_t neon_fma32(float32x4_t a, float32x4_t b, float32x4_t c) { return vfmaq_f32(c, a, b); }
inline float64x2_t neon_fma64(float64x2_t a, float64x2_t b, float64x2_t c) { return vfmaq_f64(c, a, b); }
TACHO_COMPUTE_LOOP(neon_f32, "+simd", float32x4_t, float, vdupq_n_f32, neon_fma32, vst1q_f32, 4)
TACHO_COMPUTE_LOOP(neon_f64, "+simd", float64x2_t, double, vdupq_n_f64, neon_fma64, vst1q_f64, 2)
#endif

}  // namespace

std::vector<ComputeLoop> compute_loops() {
  std::vector<ComputeLoop> loops;
  const auto add = [&](const char* dtype, const char* isa, int lanes, float (*run)(int64_t), int sums = kSums) {
    loops.push_back({dtype, isa, 2.0 * lanes * sums, run});
  };
#if defined(__x86_64__)
  const CpuInfo& cpu = this_cpu();
  if (cpu.has("avx512f")) add("float32", "avx512", 16, avx512_f32), add("float64", "avx512", 8, avx512_f64);
  if (cpu.has("avx512_bf16")) add("bfloat16", "avx512", 32, avx512_bf16, kPairSums);
  if (cpu.has("avx2") && cpu.has("fma")) add("float32", "avx2", 8, avx2_f32), add("float64", "avx2", 4, avx2_f64);
  add("float32", "baseline", 4, baseline_f32);
  add("float64", "baseline", 2, baseline_f64);
#elif defined(__aarch64__)
  add("float32", "neon", 4, neon_f32);
  add("float64", "neon", 2, neon_f64);
#endif
  return loops;
}

}  // namespace tacho::machine
