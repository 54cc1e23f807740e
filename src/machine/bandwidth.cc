// Bytes a second from each level of cache and from memory.
#include <algorithm>
#include <numeric>

#include "device/cpu.h"
#include "machine/loops.h"
#include "tensor/tensor.h"

namespace tacho::machine {
namespace {

// Vectors no wider than the machine's registers: GCC keeps wider ones in memory, and a loop over 64 bytes compiled for
// AVX2 read 20 GB/s from an L1 that gives 200. Eight results by name, since an array of them it keeps in memory too
// (161 GB/s in place of 215), joined by "or", which no register waits long for.
#define TACHO_BANDWIDTH_LOOPS(NAME, TARGET, BYTES)                                                             \
  using Vector_##NAME = double __attribute__((vector_size(BYTES)));                                            \
  using Bits_##NAME = int64_t __attribute__((vector_size(BYTES), may_alias));                                  \
  TARGET int64_t read_##NAME(const double* data, int64_t doubles) {                                            \
    const auto* x = reinterpret_cast<const Bits_##NAME*>(data);                                                \
    const Bits_##NAME* const end = x + doubles / (BYTES / 8) / 8 * 8;                                          \
    Bits_##NAME a{}, b{}, c{}, d{}, e{}, f{}, g{}, h{};                                                        \
    for (; x != end; x += 8) {                                                                                 \
      a |= x[0], b |= x[1], c |= x[2], d |= x[3];                                                              \
      e |= x[4], f |= x[5], g |= x[6], h |= x[7];                                                              \
    }                                                                                                          \
    a |= b | c | d | e | f | g | h;                                                                            \
    return a[0] ^ a[1];                                                                                        \
  }                                                                                                            \
  TARGET void triad_##NAME(double* a, const double* b, const double* c, int64_t doubles) {                     \
    constexpr int kLanes = BYTES / 8;                                                                          \
    Vector_##NAME* x = reinterpret_cast<Vector_##NAME*>(a);                                                    \
    const auto *y = reinterpret_cast<const Vector_##NAME*>(b), *z = reinterpret_cast<const Vector_##NAME*>(c); \
    _Pragma("GCC unroll 4") for (int64_t i = 0; i < doubles / kLanes; ++i) x[i] = y[i] + 0.5 * z[i];           \
  }

struct Loops {
  int64_t (*read)(const double*, int64_t doubles);
  void (*triad)(double*, const double*, const double*, int64_t doubles);
};

TACHO_BANDWIDTH_LOOPS(baseline, __attribute__((noinline)), 16)
#if defined(__x86_64__)
TACHO_BANDWIDTH_LOOPS(avx2, __attribute__((noinline, target("avx2"))), 32)
TACHO_BANDWIDTH_LOOPS(avx512, __attribute__((noinline, target("avx512f"))), 64)
#endif

/// For the widest vectors that the machine has.
Loops loops() {
#if defined(__x86_64__)
  if (this_cpu().has("avx512f")) return {read_avx512, triad_avx512};
  if (this_cpu().has("avx2")) return {read_avx2, triad_avx2};
#endif
  return {read_baseline, triad_baseline};
}

struct Level {
  const char* name;
  int64_t bytes;  ///< of one thread's data
};

/// Half of a cache, so that nothing else pushes the data out; four times the last one for memory, within reason.
std::vector<Level> levels(int threads) {
  constexpr int64_t kMostMemory = int64_t{1} << 30;
  const CpuInfo& cpu = this_cpu();
  std::vector<Level> found{{"L1", cpu.l1_bytes / 2}, {"L2", cpu.l2_bytes / 2}};
  // A share of the last cache, at least twice the second: on a rented machine others use it too.
  const int64_t share = cpu.l3_bytes / (4 * std::max(cpu.cores, threads));
  if (share > 2 * cpu.l2_bytes) found.push_back({"L3", std::clamp<int64_t>(4 * cpu.l2_bytes, 2 * cpu.l2_bytes, share)});
  found.push_back({"memory", std::min(std::max<int64_t>(4 * cpu.l3_bytes, 256 << 20), kMostMemory) / threads});
  return found;
}

}  // namespace

std::vector<BandwidthCeiling> measure_bandwidth(Pool& pool) {
  constexpr int kRepetitions = 9;
  constexpr int64_t kBytesPerMeasurement = int64_t{32} << 20;  // of caches: some milliseconds
  std::vector<BandwidthCeiling> result;
  const int threads = pool.threads();
  const Loops run = loops();
  for (const Level& level : levels(threads)) {
    const int64_t unit = 3 * 8 * 64, bytes = std::max<int64_t>(level.bytes / unit, 1) * unit;
    const int64_t doubles = bytes / int64_t(sizeof(double));
    std::vector<std::unique_ptr<Buffer>> data;
    for (int t = 0; t < threads; ++t) data.push_back(std::make_unique<Buffer>(size_t(bytes)));
    const auto of = [&](int thread) { return static_cast<double*>(data[size_t(thread)]->data()); };
    measure_rate(pool, 0, 0, [&](int thread) { std::fill_n(of(thread), doubles, 1.0); });  // each touches its own
    const int64_t rounds = std::max<int64_t>(1, kBytesPerMeasurement / bytes);
    const double work = double(rounds) * double(bytes);
    std::vector<int64_t> seen(size_t(threads) * 8);
    const Rate read = measure_rate(pool, kRepetitions, work, [&](int thread) {
      int64_t bits = 0;
      for (int64_t r = 0; r < rounds; ++r) bits += run.read(of(thread), doubles);
      seen[size_t(thread) * 8] = bits;
    });
    const int64_t third = doubles / 3;
    const Rate three = measure_rate(pool, kRepetitions, work, [&](int thread) {
      double* a = of(thread);
      for (int64_t r = 0; r < rounds; ++r) run.triad(a, a + third, a + 2 * third, third);
    });
    // Some use of what was read, so that no loop is left out: all values are 1, whose bits are not all ones.
    const bool read_all = std::accumulate(seen.begin(), seen.end(), int64_t{0}) != -1;
    result.push_back({level.name, "read", threads, bytes, read_all ? read.per_s : 0, read.spread});
    result.push_back({level.name, "triad", threads, bytes, three.per_s, three.spread});
  }
  return result;
}

}  // namespace tacho::machine
