#pragma once
// Which instruction sets the kernels of this folder are compiled for, and which of them this process uses. Included
// before any header of Highway.
#include <string>
#include <string_view>
#include <vector>

// Compiled are AVX-512 (Highway's AVX3), AVX2, NEON and the baseline that runs everywhere. The others cost time to
// compile and bring nothing here: machines with SSE4 alone have the baseline, and vectors whose size the compiler does
// not know (SVE, RVV) do not fit a tile of registers, but those machines have NEON. A build may leave out more.
#ifndef TACHO_SIMD_LEFT_OUT
#define TACHO_SIMD_LEFT_OUT 0
#endif
#define HWY_DISABLED_TARGETS                                                                        \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | \
   (TACHO_SIMD_LEFT_OUT))

// The baseline is Highway's EMU128, which has all operations; for GCC before 12.3 Highway would fall back to SCALAR,
// which has not, because of GCC's bug 106322 in 16-bit multiplications, of which we have none.
#define HWY_BROKEN_EMU128 0

namespace tacho::simd {

/// The targets that this machine can run, best first: "avx512", "avx2", "neon", "baseline".
std::vector<std::string> available_targets();

/// The one in use: the best, or what the environment variable TACHO_SIMD_TARGET or the last force_target() names.
std::string target_in_use();

/// From now on kernels are made for `name` (those made before keep theirs); empty: the best again. For tests and
/// comparisons, not while other threads make kernels. Throws tacho::Error for a target that this machine cannot run.
void force_target(std::string_view name);

/// Null where TACHO_SIMD_TARGET is unset or names an available target, else what is wrong with it. Reads the variable
/// once; every kernel is offered behind it (Backend::unavailable).
const char* target_unavailable();

}  // namespace tacho::simd
