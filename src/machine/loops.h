#pragma once
// What is timed; internal to machine/.
#include <functional>
#include <string>
#include <vector>

#include "machine/profile.h"
#include "pool/pool.h"

namespace tacho::machine {

/// Runs one part on every thread at once, each timed by itself from a common start; the median over repetitions of
/// work / (the longest of the parts' times), and the spread.
struct Rate {
  double per_s = 0, spread = 0;
};
/// `part(thread)` does `work_per_thread` units and is called `repetitions` times after one warm-up.
Rate measure_rate(Pool& pool, int repetitions, double work_per_thread, const std::function<void(int)>& part);

/// A loop of independent multiply-adds in registers: `run(n)` does n rounds of `flop_per_round`.
struct ComputeLoop {
  std::string dtype, isa;
  double flop_per_round = 0;
  float (*run)(int64_t rounds) = nullptr;
};
/// Those that this machine can run.
std::vector<ComputeLoop> compute_loops();

std::vector<BandwidthCeiling> measure_bandwidth(Pool& pool);
Latencies measure_latencies(Pool& pool);

/// Middle and (95 % - 5 %) / middle of samples; zeros without any.
Rate median_and_spread(std::vector<double> samples);

}  // namespace tacho::machine
