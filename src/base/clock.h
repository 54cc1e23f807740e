#pragma once
// One clock for everything that is measured: monotonic, integer nanoseconds.
#include <time.h>

#include <cstdint>

namespace tacho {

/// Nanoseconds of the monotonic clock. Integer before any subtraction, so that differences add up exactly.
inline int64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

/// CPU time in nanoseconds that the calling thread has used.
inline int64_t thread_cpu_ns() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace tacho
