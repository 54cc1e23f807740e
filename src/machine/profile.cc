#include "machine/profile.h"

#include <algorithm>
#include <ctime>

#include "base/clock.h"
#include "base/error.h"
#include "device/cpu.h"
#include "device/identity.h"
#include "machine/loops.h"
#include "machine/rate_now.h"

namespace tacho {
namespace {

using namespace machine;

/// The loop's rate on all threads of the pool; 0 where it did something else than multiply and add.
Rate rate_of(const ComputeLoop& loop, Pool& pool, int repetitions, double nanoseconds) {
  std::vector<float> results(size_t(pool.threads()) * 16);
  const int64_t begin = now_ns();
  results[0] = loop.run(100'000);
  const int64_t rounds =
      std::max<int64_t>(1000, int64_t(nanoseconds * 100'000 / double(std::max<int64_t>(now_ns() - begin, 1))));
  const Rate rate = measure_rate(pool, repetitions, loop.flop_per_round * double(rounds),
                                 [&](int thread) { results[size_t(thread) * 16] = loop.run(rounds); });
  // The sums converge, so a result that is no number would mean that the loop did something else.
  return std::all_of(results.begin(), results.end(), [](float x) { return x == x; }) ? rate : Rate{};
}

std::vector<ComputeCeiling> measure_compute(Pool& pool) {
  constexpr int kRepetitions = 9;
  constexpr double kNanoseconds = 4e6;  // of one repetition
  std::vector<ComputeCeiling> ceilings;
  for (const ComputeLoop& loop : compute_loops())
    if (const Rate rate = rate_of(loop, pool, kRepetitions, kNanoseconds); rate.per_s > 0)
      ceilings.push_back({loop.dtype, loop.isa, pool.threads(), rate.per_s, rate.spread});
  return ceilings;
}

}  // namespace

MachineProfile measure_machine(int threads, const std::function<void(double, const std::string&)>& progress) {
  const CpuInfo& cpu = this_cpu();
  MachineProfile profile;
  profile.identity = machine_identity();
  profile.processor = cpu.model;
  profile.cores = cpu.cores;
  profile.threads = threads;
  profile.l1_bytes = cpu.l1_bytes;
  profile.l2_bytes = cpu.l2_bytes;
  profile.l3_bytes = cpu.l3_bytes;
  profile.instruction_sets = cpu.instruction_sets;
  profile.warnings = measurement_warnings(threads);
  profile.measured_at = int64_t(std::time(nullptr));
  const auto tell = [&](double share, const std::string& what) {
    if (progress) progress(share, what);
  };
  for (int n = 1; n <= threads; ++n) {
    Pool pool(n);
    const std::string of = text_of(n, n == 1 ? " thread" : " threads");
    tell(double(n - 1) / threads, "multiply-adds, " + of);
    for (ComputeCeiling& ceiling : measure_compute(pool)) profile.compute.push_back(std::move(ceiling));
    tell((double(n) - 0.7) / threads, "bandwidths, " + of);
    for (BandwidthCeiling& ceiling : measure_bandwidth(pool)) profile.bandwidth.push_back(std::move(ceiling));
    if (n == threads) profile.latency = measure_latencies(pool);
  }
  for (const ComputeCeiling& c : profile.compute)
    if (c.spread > 0.05 && c.isa == profile.compute.front().isa && c.dtype == "float32")
      profile.warnings.push_back(text_of("the multiply-add rate of ", c.threads, " threads varied by ",
                                         int(c.spread * 100 + 0.5), " %: the clock changes or others use the cores"));
  // Two threads of one core share its units, also where a virtual machine calls them two cores.
  for (int n = 2; n <= std::min(threads, cpu.cores); ++n)
    if (const double times = profile.flop_per_s("float32", n) / profile.flop_per_s("float32", 1); times < 0.75 * n) {
      profile.warnings.push_back(text_of(n, " threads together reach only ", int(times * 100 + 0.5) / 100.0,
                                         " times one thread's multiply-add rate: they share cores (hyper-threads), or "
                                         "others use them"));
      break;
    }
  tell(1, "");
  return profile;
}

double multiply_add_rate_now(int threads) {
  constexpr int kRepetitions = 5;
  constexpr double kNanoseconds = 2e6;
  Pool pool(threads);
  double best = 0;
  for (const ComputeLoop& loop : compute_loops())
    if (loop.dtype == "float32") best = std::max(best, rate_of(loop, pool, kRepetitions, kNanoseconds).per_s);
  return best;
}

double MachineProfile::flop_per_s(const std::string& dtype, int of_threads) const {
  double best = 0;
  for (const ComputeCeiling& c : compute)
    if (c.dtype == dtype && c.threads == of_threads) best = std::max(best, c.flop_per_s);
  return best;
}

MemoryLevel MachineProfile::level_of(int64_t bytes, int of_threads) const {
  const auto holds = [&](const std::string& level) {
    return level == "L1" ? bytes <= l1_bytes : level == "L2" ? bytes <= l2_bytes : level != "L3" || bytes <= l3_bytes;
  };
  MemoryLevel level;
  for (const BandwidthCeiling& b : bandwidth) {  // from the nearest level on
    if (b.threads != of_threads || !holds(b.level)) continue;
    if (!level.name.empty() && level.name != b.level) break;
    level.name = b.level;
    level.bytes_per_s = std::max(level.bytes_per_s, b.bytes_per_s);
  }
  return level;
}

}  // namespace tacho
