// Bytes a second from each level of cache and from memory.
#include <algorithm>
#include <numeric>

#include "device/cpu.h"
#include "machine/loops.h"
#include "tensor/tensor.h"

namespace tacho::machine {
namespace {

using Vector = double __attribute__((vector_size(64)));  // one cache line; the compiler splits it where it must

// Compiled for the widest vectors that the machine may have and chosen when the program starts.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define TACHO_WIDEST __attribute__((noinline, target_clones("avx512f", "avx2", "default")))
#else
#define TACHO_WIDEST __attribute__((noinline))
#endif

TACHO_WIDEST double read_all(const double* data, int64_t lines) {
  const Vector* x = reinterpret_cast<const Vector*>(data);
  Vector sums[8] = {};
  for (int64_t i = 0; i + 8 <= lines; i += 8)
    for (int k = 0; k < 8; ++k) sums[k] += x[i + k];
  double total = 0;
  for (const Vector& sum : sums)
    for (int k = 0; k < 8; ++k) total += sum[k];
  return total;
}

TACHO_WIDEST void triad(double* a, const double* b, const double* c, int64_t lines) {
  Vector* x = reinterpret_cast<Vector*>(a);
  const Vector *y = reinterpret_cast<const Vector*>(b), *z = reinterpret_cast<const Vector*>(c);
  for (int64_t i = 0; i < lines; ++i) x[i] = y[i] + 0.5 * z[i];
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
  for (const Level& level : levels(threads)) {
    const int64_t unit = 3 * 8 * 64, bytes = std::max<int64_t>(level.bytes / unit, 1) * unit;
    const int64_t doubles = bytes / int64_t(sizeof(double));
    std::vector<std::unique_ptr<Buffer>> data;
    for (int t = 0; t < threads; ++t) data.push_back(std::make_unique<Buffer>(size_t(bytes)));
    const auto of = [&](int thread) { return static_cast<double*>(data[size_t(thread)]->data()); };
    measure_rate(pool, 0, 0, [&](int thread) { std::fill_n(of(thread), doubles, 1.0); });  // each touches its own
    const int64_t rounds = std::max<int64_t>(1, kBytesPerMeasurement / bytes);
    const double work = double(rounds) * double(bytes);
    std::vector<double> sums(size_t(threads) * 8);
    const Rate read = measure_rate(pool, kRepetitions, work, [&](int thread) {
      double sum = 0;
      for (int64_t r = 0; r < rounds; ++r) sum += read_all(of(thread), doubles / 8);
      sums[size_t(thread) * 8] = sum;
    });
    const int64_t third = doubles / 3;
    const Rate three = measure_rate(pool, kRepetitions, work, [&](int thread) {
      double* a = of(thread);
      for (int64_t r = 0; r < rounds; ++r) triad(a, a + third, a + 2 * third, third / 8);
    });
    // Some use of the sums, so that no loop is left out.
    const bool finite = std::accumulate(sums.begin(), sums.end(), 0.0) < 1e300;
    result.push_back({level.name, "read", threads, bytes, finite ? read.per_s : 0, read.spread});
    result.push_back({level.name, "triad", threads, bytes, three.per_s, three.spread});
  }
  return result;
}

}  // namespace tacho::machine
